package io.llmrelay.config;

/** The treatment of request fields that the relay does not know, for one backend. */
public enum UnknownFields {
  /** The fields are sent unchanged. */
  FORWARD,
  /** The fields are left out, with a warning. */
  DROP,
  /** The backend is left out of the plan. */
  REFUSE
}
