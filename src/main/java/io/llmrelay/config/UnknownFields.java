package io.llmrelay.config;

/** What a backend's requests do with fields that the relay does not know. */
public enum UnknownFields {
  /** Sends them as they are. */
  FORWARD,
  /** Leaves them out, with a warning. */
  DROP,
  /** Leaves out the backend. */
  REFUSE
}
