package io.llmrelay.availability;

/** The outcome of an attempt for its backend's health. */
public enum Outcome {
  /** The backend is at fault: a server error, a reset, a timeout, a stall, a truncation. */
  FAILURE,
  /** The backend works: a success, or a response that rejects this request only. */
  ALIVE,
  /** The backend asked for a cooldown, which does not count for the circuit. */
  EXHAUSTED,
  /** Inconclusive: the consumer cancelled, or the request did not reach the backend. */
  NEUTRAL
}
