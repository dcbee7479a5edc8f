package io.llmrelay.failover;

import io.llmrelay.availability.Cooldown;
import io.llmrelay.availability.Cooldown.Scope;
import io.llmrelay.availability.Outcome;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import java.time.Duration;

/**
 * The consequences of a failure before the commit point: the failure table.
 *
 * @param next the candidates that may serve the request instead
 * @param outcome the outcome for the backend's health
 * @param scope the scope of the cooldown; {@code null} for no cooldown
 * @param defaultCooldown the length of the cooldown if the backend asks for none; zero for no
 *     cooldown
 * @param retry whether the same candidate may be tried again, if retries are configured
 */
record FailureRule(
    Next next, Outcome outcome, Scope scope, Duration defaultCooldown, boolean retry) {

  /** The candidates that may be tried after a failure. */
  enum Next {
    /** The next candidate. */
    ANY,
    /** The next candidate whose context window is not known to be too small. */
    LARGER_WINDOW,
    /** None: the request fails with the provider's reason. */
    NONE
  }

  private static final Duration NO_WAIT = Duration.ZERO;

  /** Returns the rule for a kind of failure. */
  static FailureRule of(FailureKind kind) {
    return switch (kind) {
      case AUTHENTICATION -> exhausted(Scope.KEY, NO_WAIT, false);
      case PERMISSION -> exhausted(Scope.MODEL, Duration.ofSeconds(30), false);
      case RATE_LIMITED -> exhausted(Scope.MODEL, Duration.ofSeconds(10), true);
      case QUOTA_EXHAUSTED -> exhausted(Scope.BACKEND, Duration.ofMinutes(5), false);
      case OVERLOADED, SERVER_ERROR -> failure(Scope.MODEL, true);
      case TIMEOUT, NETWORK, EMPTY_ANSWER -> failure(null, true);
      case MALFORMED_TOOL_CALL -> new FailureRule(Next.ANY, Outcome.ALIVE, null, NO_WAIT, true);
      case UNAVAILABLE -> new FailureRule(Next.ANY, Outcome.NEUTRAL, null, NO_WAIT, true);
      case SATURATED -> rule(Next.ANY, Outcome.NEUTRAL);
      case MODEL_NOT_FOUND, UNSUPPORTED -> rule(Next.ANY, Outcome.ALIVE);
      case CONTEXT_LENGTH -> rule(Next.LARGER_WINDOW, Outcome.ALIVE);
      case INVALID_REQUEST, CONTENT_FILTER, TOO_LARGE -> rule(Next.NONE, Outcome.ALIVE);
      case CANCELLED, INTERNAL -> rule(Next.NONE, Outcome.NEUTRAL);
    };
  }

  /**
   * Returns the outcome of an attempt for its backend's health. That one connection was lost is
   * observed once, however many streams it had.
   */
  Outcome outcome(Failure failure) {
    return outcome == Outcome.FAILURE && failure.isRepeated() ? Outcome.NEUTRAL : outcome;
  }

  /** Returns the length of the cooldown in milliseconds; 0 for none. */
  long cooldownMs(Failure failure) {
    return failure.retryAfterMs() >= 0 ? failure.retryAfterMs() : defaultCooldown.toMillis();
  }

  /** Returns the cooldown after a failure, {@code null} for none. */
  Cooldown cooldown(Failure failure) {
    return scope == null ? null : new Cooldown(scope, failure.kind(), cooldownMs(failure));
  }

  private static FailureRule failure(Scope scope, boolean retry) {
    return new FailureRule(Next.ANY, Outcome.FAILURE, scope, NO_WAIT, retry);
  }

  private static FailureRule exhausted(Scope scope, Duration defaultCooldown, boolean retry) {
    return new FailureRule(Next.ANY, Outcome.EXHAUSTED, scope, defaultCooldown, retry);
  }

  private static FailureRule rule(Next next, Outcome outcome) {
    return new FailureRule(next, outcome, null, NO_WAIT, false);
  }
}
