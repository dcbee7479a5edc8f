package io.llmrelay.availability;

import io.llmrelay.chat.FailureKind;

/**
 * For how long something of a backend is not to be used.
 *
 * @param scope what is not to be used
 * @param kind the failure that asked for it
 * @param forMs milliseconds from now; without meaning for {@link Scope#KEY}
 */
public record Cooldown(Scope scope, FailureKind kind, long forMs) {

  /** What a cooldown is about. */
  public enum Scope {
    /** The model at this backend: rate limits are per model. */
    MODEL,
    /** The whole backend: credits and quotas are the account's. */
    BACKEND,
    /** The whole backend, until it accepts its key again. */
    KEY
  }
}
