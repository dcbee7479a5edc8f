package io.llmrelay.chat;

import java.util.Locale;

/** Why a candidate was left out of a plan, or skipped when its turn came. */
public enum SkipReason {
  /** The backend does not serve the model. */
  MODEL_NOT_SERVED,
  /** The backend or model cannot do what the request asks for. */
  CAPABILITY,
  /** It has another model than the first candidate, whose embeddings cannot be compared. */
  OTHER_MODEL,
  /** The prompt is too long for the model's context window. */
  CONTEXT_WINDOW,
  /** The circuit is open. */
  CIRCUIT_OPEN,
  /** The candidate told us when to come back, and that is not yet. */
  EXHAUSTED,
  /** All connections that the relay may have open to it are in use. */
  SATURATED,
  /** Its budget is spent, or has no room for this request. */
  BUDGET,
  /** A reason this version does not know. */
  OTHER;

  /** The name on the wire, such as {@code circuit_open}. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The reason with this wire name, {@link #OTHER} for an unknown one. */
  static SkipReason of(String code) {
    return WireNames.find(values(), code, OTHER);
  }
}
