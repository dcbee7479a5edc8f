package io.llmrelay.chat;

import java.util.Locale;

/** The reason why a candidate was left out of a plan or skipped during failover. */
public enum SkipReason {
  /** The backend does not serve the model. */
  MODEL_NOT_SERVED,
  /** The backend or model lacks a capability that the request needs. */
  CAPABILITY,
  /** It has another model than the first candidate, whose embeddings cannot be compared. */
  OTHER_MODEL,
  /** The prompt is too long for the model's context window. */
  CONTEXT_WINDOW,
  /** The circuit is open. */
  CIRCUIT_OPEN,
  /** The candidate is in a cooldown, after a rate limit, a spent quota or a refused key. */
  EXHAUSTED,
  /** All connections that the relay may have open to the backend are in use. */
  SATURATED,
  /** The backend's budget is used up, or too small for this request. */
  BUDGET,
  /** An operator has disabled it. */
  DISABLED,
  /** A reason this version does not know. */
  OTHER;

  /** Returns the name on the wire, such as {@code circuit_open}. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns the reason with this wire name; {@link #OTHER} for an unknown one. */
  static SkipReason of(String code) {
    return WireNames.find(values(), code, OTHER);
  }
}
