package io.llmrelay.failover;

import io.llmrelay.availability.Cooldown;
import io.llmrelay.availability.Cooldown.Scope;
import io.llmrelay.availability.Outcome;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import java.time.Duration;

/**
 * What follows from a failure before the commit point. This is the failure table; there is no
 * other.
 *
 * @param next who may serve the request instead
 * @param outcome what it says about the backend's health
 * @param cooldown what is not used for as long as the backend asks, {@code null} for nothing
 * @param defaultWait the cooldown when the backend asks for none; zero is no cooldown
 * @param retry whether the same candidate may be tried again, where retries are configured
 */
record FailureRule(
    Next next, Outcome outcome, Scope cooldown, Duration defaultWait, boolean retry) {

  /** Who may serve the request after a failure. */
  enum Next {
    /** The next candidate. */
    ANY,
    /** The next candidate, unless its context window is known to be no larger. */
    LARGER_WINDOW,
    /** Nobody: the request fails with the provider's reason. */
    NOBODY
  }

  private static final Duration NONE = Duration.ZERO;

  /** The rule for a kind of failure. */
  static FailureRule of(FailureKind kind) {
    return switch (kind) {
      case AUTHENTICATION -> exhausted(Scope.KEY, NONE, false);
      case PERMISSION -> exhausted(Scope.MODEL, Duration.ofSeconds(30), false);
      case RATE_LIMITED -> exhausted(Scope.MODEL, Duration.ofSeconds(10), true);
      case QUOTA_EXHAUSTED -> exhausted(Scope.BACKEND, Duration.ofMinutes(5), false);
      case OVERLOADED, SERVER_ERROR -> failure(Scope.MODEL, true);
      case TIMEOUT, NETWORK, EMPTY_ANSWER -> failure(null, true);
      case MALFORMED_TOOL_CALL -> new FailureRule(Next.ANY, Outcome.ALIVE, null, NONE, true);
      case UNAVAILABLE -> new FailureRule(Next.ANY, Outcome.NEUTRAL, null, NONE, true);
      case SATURATED -> rule(Next.ANY, Outcome.NEUTRAL);
      case MODEL_NOT_FOUND, UNSUPPORTED -> rule(Next.ANY, Outcome.ALIVE);
      case CONTEXT_LENGTH -> rule(Next.LARGER_WINDOW, Outcome.ALIVE);
      case INVALID_REQUEST, CONTENT_FILTER, TOO_LARGE -> rule(Next.NOBODY, Outcome.ALIVE);
      case CANCELLED, INTERNAL -> rule(Next.NOBODY, Outcome.NEUTRAL);
    };
  }

  /** How long whoever failed so is not used, in milliseconds; 0 is not at all. */
  long waitMs(Failure failure) {
    return failure.retryAfterMs() >= 0 ? failure.retryAfterMs() : defaultWait.toMillis();
  }

  /** The cooldown that follows from a failure, {@code null} for none. */
  Cooldown cooldown(Failure failure) {
    return cooldown == null ? null : new Cooldown(cooldown, failure.kind(), waitMs(failure));
  }

  private static FailureRule failure(Scope cooldown, boolean retry) {
    return new FailureRule(Next.ANY, Outcome.FAILURE, cooldown, NONE, retry);
  }

  private static FailureRule exhausted(Scope cooldown, Duration defaultWait, boolean retry) {
    return new FailureRule(Next.ANY, Outcome.EXHAUSTED, cooldown, defaultWait, retry);
  }

  private static FailureRule rule(Next next, Outcome outcome) {
    return new FailureRule(next, outcome, null, NONE, false);
  }
}
