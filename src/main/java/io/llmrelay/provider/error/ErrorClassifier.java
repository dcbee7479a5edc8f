package io.llmrelay.provider.error;

import io.llmrelay.chat.Failure;
import io.llmrelay.chat.LlmRequest;
import io.llmrelay.config.BackendOptions;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.time.Clock;
import java.time.Duration;

/**
 * A classifier of the errors of a backend: {@link ErrorBody} parses an error, {@link ErrorRules}
 * determines its kind and {@link RetryAfter} the delay before a retry; {@link SecretRedactor} and
 * {@link PromptRedactor} redact its message.
 */
public final class ErrorClassifier {
  /** The default upper bound for the delay that a rate limit or a spent quota asks for. */
  public static final Duration DEFAULT_MAX_WAIT = Duration.ofDays(31);

  private static final String WITHHELD =
      "the provider's message is withheld: it may quote the request, which is not kept any longer";

  private final String provider;
  private final SecretRedactor secrets;
  private final PromptRedactor prompt;
  private final Clock clock;
  private final Duration maxWait;

  /** Creates a classifier for a backend's errors. */
  public ErrorClassifier(BackendOptions options, Clock clock) {
    this(options, clock, DEFAULT_MAX_WAIT);
  }

  /**
   * Creates a classifier for a backend's errors.
   *
   * @param maxWait upper bound for the delay that a rate limit or a spent quota asks for
   */
  public ErrorClassifier(BackendOptions options, Clock clock, Duration maxWait) {
    // A dialect that belongs to one vendor identifies the provider.
    this.provider = options.getProvider() == null ? options.getDialect() : options.getProvider();
    this.secrets = new SecretRedactor(options);
    this.prompt = PromptRedactor.NONE;
    this.clock = clock;
    this.maxWait = maxWait;
  }

  private ErrorClassifier(ErrorClassifier other, PromptRedactor prompt) {
    this.provider = other.provider;
    this.secrets = other.secrets;
    this.prompt = prompt;
    this.clock = other.clock;
    this.maxWait = other.maxWait;
  }

  /** Returns a classifier that also redacts quotations of this request. */
  public ErrorClassifier about(LlmRequest request) {
    return new ErrorClassifier(this, PromptRedactor.of(request));
  }

  /**
   * Releases a large request. From then on messages of the backend are withheld, except for codes,
   * since quotations cannot be detected any more.
   */
  public void releaseRequest() {
    prompt.release();
  }

  /** Classifies a response with an error status. */
  public Failure http(int status, MultiMap headers, Buffer body) {
    byte[] bytes = body.getBytes();
    ErrorBody error = ErrorBody.of(bytes, 0, bytes.length, headers);
    return failure("HTTP " + status, status, headers, error);
  }

  /**
   * Classifies an error within a successful response. Ignores the headers: they were sent before
   * the error, and some providers send {@code retry-after} with every response.
   */
  public Failure inStream(byte[] bytes, int from, int to) {
    MultiMap none = MultiMap.caseInsensitiveMultiMap();
    ErrorBody error = ErrorBody.of(bytes, from, to, none);
    return failure("error in the answer", error.status(), none, error);
  }

  private Failure failure(String where, int status, MultiMap headers, ErrorBody error) {
    String text = SecretRedactor.fold(error.text());
    String message = masked(error.message());
    String code = masked(error.code());
    PromptRedactor.Quotations quotations = prompt.in(text, message, code);
    // A prompt that the server quotes must not affect the classification.
    String redacted = quotations.redact(text);
    ErrorRules.Verdict verdict = ErrorRules.verdict(provider, status, error, redacted);
    String redactedCode = quotations.redact(code);
    String shown = quotations.redact(message);
    String words = shown.isEmpty() ? redactedCode : shown;
    Failure failure =
        Failure.of(verdict.kind(), words.isEmpty() ? where : where + ": " + words)
            .withStatus(status, error.code() == null ? null : orWithheld(redactedCode));
    return verdict.kind().retryable()
        ? failure.withRetryAfterMs(
            RetryAfter.ms(
                headers, error, redacted, verdict, status, clock.instant(), maxWait.toMillis()))
        : failure;
  }

  /** Redacts a message of the backend and limits its length. */
  public String fit(String message) {
    String masked = masked(message);
    return orWithheld(prompt.in(masked).redact(masked));
  }

  private String masked(String message) {
    return message == null ? "" : secrets.redact(message);
  }

  private static String orWithheld(String redacted) {
    return redacted.isEmpty() ? WITHHELD : redacted;
  }
}
