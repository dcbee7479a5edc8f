package io.llmrelay.availability;

import io.llmrelay.chat.FailureKind;

/**
 * A time during which a model or a whole backend is not used.
 *
 * @param scope the part of the backend that is not used
 * @param kind the kind of the failure that caused the cooldown
 * @param forMs milliseconds from now; ignored for {@link Scope#KEY}
 */
public record Cooldown(Scope scope, FailureKind kind, long forMs) {

  /** The part of a backend that a cooldown applies to. */
  public enum Scope {
    /** The model at this backend: rate limits are per model. */
    MODEL,
    /** The whole backend: credits and quotas are per account. */
    BACKEND,
    /** The whole backend, until it accepts its key again. */
    KEY
  }
}
