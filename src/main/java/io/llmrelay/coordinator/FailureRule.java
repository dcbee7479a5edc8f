package io.llmrelay.coordinator;

import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import java.time.Duration;

/**
 * What follows from a failure before the commit point. This is the failure table; there is no
 * other.
 *
 * @param next who may serve the request instead
 * @param outcome what it says to the circuit
 * @param exhausts what is left alone, mostly when the backend said for how long
 * @param defaultWait how long it is left alone when the backend did not say; zero is not at all
 * @param retry whether the same candidate may be tried again, where retries are configured
 */
record FailureRule(
    Next next, Outcome outcome, Exhausts exhausts, Duration defaultWait, boolean retry) {

  /** Who may serve the request after a failure. */
  enum Next {
    /** The next candidate. */
    ANY,
    /** The next candidate whose context window is known to be larger. */
    LARGER_WINDOW,
    /** Nobody: the request fails with the provider's reason. */
    NOBODY
  }

  /** What a waiting time applies to. */
  enum Exhausts {
    NOTHING,
    /** The model at this backend: rate limits are per model. */
    MODEL,
    /** The whole backend: credits and budgets are the account's. */
    BACKEND,
    /** The whole backend, for as long as it refuses its key: see {@link KeyProbes}. */
    KEY
  }

  private static final Duration NONE = Duration.ZERO;

  /** The rule for a kind of failure. */
  static FailureRule of(FailureKind kind) {
    return switch (kind) {
      case AUTHENTICATION -> failure(Exhausts.KEY, NONE, false);
      case PERMISSION -> failure(Exhausts.NOTHING, NONE, false);
      case RATE_LIMITED -> failure(Exhausts.MODEL, Duration.ofSeconds(10), true);
      case QUOTA_EXHAUSTED -> failure(Exhausts.BACKEND, Duration.ofMinutes(5), false);
      case OVERLOADED, SERVER_ERROR -> failure(Exhausts.MODEL, NONE, true);
      case TIMEOUT, NETWORK, EMPTY_ANSWER, UNAVAILABLE -> failure(Exhausts.NOTHING, NONE, true);
      case MODEL_NOT_FOUND, UNSUPPORTED, SATURATED -> neutral(Next.ANY);
      case CONTEXT_LENGTH -> neutral(Next.LARGER_WINDOW);
      case INVALID_REQUEST, CONTENT_FILTER, TOO_LARGE, CANCELLED, INTERNAL -> neutral(Next.NOBODY);
    };
  }

  /** How long whoever failed so is left alone, in milliseconds; 0 is not at all. */
  long waitMs(Failure failure) {
    return failure.retryAfterMs() >= 0 ? failure.retryAfterMs() : defaultWait.toMillis();
  }

  private static FailureRule failure(Exhausts exhausts, Duration defaultWait, boolean retry) {
    return new FailureRule(Next.ANY, Outcome.FAILURE, exhausts, defaultWait, retry);
  }

  private static FailureRule neutral(Next next) {
    return new FailureRule(next, Outcome.NEUTRAL, Exhausts.NOTHING, NONE, false);
  }
}
