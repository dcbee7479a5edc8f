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
 * @param cooldown the scope of the cooldown; {@code null} for none
 * @param defaultWait the cooldown if the backend asks for none; zero for no cooldown
 * @param retry whether the same candidate may be tried again, if retries are configured
 */
record FailureRule(
    Next next, Outcome outcome, Scope cooldown, Duration defaultWait, boolean retry) {

  /** The candidates that may serve the request after a failure. */
  enum Next {
    /** The next candidate. */
    ANY,
    /** The next candidate, unless its context window is known to be no larger. */
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

  /** Returns the cooldown in milliseconds; 0 for none. */
  long waitMs(Failure failure) {
    return failure.retryAfterMs() >= 0 ? failure.retryAfterMs() : defaultWait.toMillis();
  }

  /** Returns the cooldown that a failure leads to, {@code null} for none. */
  Cooldown cooldown(Failure failure) {
    return cooldown == null ? null : new Cooldown(cooldown, failure.kind(), waitMs(failure));
  }

  private static FailureRule failure(Scope cooldown, boolean retry) {
    return new FailureRule(Next.ANY, Outcome.FAILURE, cooldown, NO_WAIT, retry);
  }

  private static FailureRule exhausted(Scope cooldown, Duration defaultWait, boolean retry) {
    return new FailureRule(Next.ANY, Outcome.EXHAUSTED, cooldown, defaultWait, retry);
  }

  private static FailureRule rule(Next next, Outcome outcome) {
    return new FailureRule(next, outcome, null, NO_WAIT, false);
  }
}
