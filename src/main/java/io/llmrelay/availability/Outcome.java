package io.llmrelay.availability;

/** What an attempt says about its backend's health. */
public enum Outcome {
  /** It speaks against the backend: a server error, a reset, a timeout, a stall, a truncation. */
  FAILURE,
  /** The backend works: it answered, be it with a refusal of this very request. */
  ALIVE,
  /** The backend asked not to be used for a while. Sets a cooldown and opens no circuit. */
  EXHAUSTED,
  /** Nothing: the consumer left, or the request never got as far as the backend. */
  NEUTRAL
}
