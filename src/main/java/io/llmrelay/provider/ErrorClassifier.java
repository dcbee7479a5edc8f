package io.llmrelay.provider;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.config.BackendOptions;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.time.Clock;
import java.time.Duration;

/**
 * Turns what a backend reports into a {@link Failure}: {@link ErrorBody} finds what it says, {@link
 * ErrorRules} decides what that means, {@link Waiting} how long to wait, and {@link Secrets} and
 * {@link Quotes} make its words fit to be shown.
 */
final class ErrorClassifier {
  /** Upper bound for what a limit or a spent quota may ask to wait, where nothing is configured. */
  static final Duration DEFAULT_MAX_WAIT = Duration.ofDays(31);

  private final String provider;
  private final Secrets secrets;
  private final Quotes quotes;
  private final Clock clock;
  private final Duration maxWait;

  ErrorClassifier(BackendOptions options, Clock clock) {
    this(options, clock, DEFAULT_MAX_WAIT);
  }

  /**
   * Creates a classifier for a backend's errors.
   *
   * @param maxWait upper bound for what a limit or a spent quota may ask to wait
   */
  ErrorClassifier(BackendOptions options, Clock clock, Duration maxWait) {
    // A dialect of one vendor says whose errors these are where nothing else does.
    this.provider = options.getProvider() == null ? options.getDialect() : options.getProvider();
    this.secrets = new Secrets(options);
    this.quotes = Quotes.NONE;
    this.clock = clock;
    this.maxWait = maxWait;
  }

  private ErrorClassifier(ErrorClassifier other, Quotes quotes) {
    this.provider = other.provider;
    this.secrets = other.secrets;
    this.quotes = quotes;
    this.clock = other.clock;
    this.maxWait = other.maxWait;
  }

  /** For errors that answer this request, and may quote it. */
  ErrorClassifier about(ChatRequest request) {
    return new ErrorClassifier(this, Quotes.of(request));
  }

  /** An answer whose status is no success. */
  Failure http(int status, MultiMap headers, Buffer body) {
    byte[] bytes = body.getBytes();
    ErrorBody error = ErrorBody.of(bytes, 0, bytes.length, headers);
    return failure("HTTP " + status, status, headers, error).withStatus(status, code(error));
  }

  /**
   * An error within a success. Its headers are not asked how long to wait: they were sent before
   * there was an error, and some providers send {@code retry-after} with every answer.
   */
  Failure inStream(byte[] bytes, int from, int to) {
    MultiMap none = MultiMap.caseInsensitiveMultiMap();
    ErrorBody error = ErrorBody.of(bytes, from, to, none);
    return failure("error in the answer", error.status(), none, error)
        .withStatus(error.status(), code(error));
  }

  private Failure failure(String where, int status, MultiMap headers, ErrorBody error) {
    // What a server repeats of a prompt must not shut it for everybody else.
    String own = quotes.mask(Secrets.fold(error.text()));
    ErrorRules.Verdict verdict = ErrorRules.verdict(provider, status, error, own);
    String words = error.message() == null ? code(error) : fit(error.message());
    Failure failure = Failure.of(verdict.kind(), words == null ? where : where + ": " + words);
    return verdict.kind().retryable()
        ? failure.withRetryAfterMs(
            Waiting.ms(headers, error, own, verdict, status, clock.instant(), maxWait.toMillis()))
        : failure;
  }

  private String code(ErrorBody error) {
    return error.code() == null ? null : fit(error.code());
  }

  /** Makes words fit to be shown. */
  String fit(String words) {
    return quotes.mask(secrets.mask(words));
  }
}
