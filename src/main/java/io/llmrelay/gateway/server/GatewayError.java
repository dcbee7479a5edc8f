package io.llmrelay.gateway.server;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.config.ConfigException;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Set;

/**
 * An error response before it is rendered: HTTP status, code, message and retry headers. The front
 * of the requested path adds the body in the format of its API.
 *
 * <p>Clients decide by the status whether to retry: 4xx means that the request is wrong, 429 that
 * it may be sent later, 5xx that the relay or its backends failed. A backend that rejects the
 * <em>relay's</em> key is therefore a 502, never a 401. If every candidate was tried, the status is
 * 502 with {@code x-should-retry: false}, as an immediate retry would fail again and some clients
 * retry a 503 without a pause. If candidates were skipped that may be available later, it is 503
 * with {@code retry-after}.
 */
public final class GatewayError extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final Logger LOG = System.getLogger(GatewayError.class.getName());
  private static final int MAX_ECHO = 200;

  /**
   * The HTTP/2 error code INTERNAL_ERROR, with which an incomplete response is reset. Node.js takes
   * NO_ERROR and CANCEL for the end of the body.
   */
  public static final long RESET_CODE = 2;

  /** The longest retry delay sent, in milliseconds: some clients ignore a longer one. */
  private static final long MAX_RETRY_MS = 59_000;

  /** The retry delay sent if none is known. */
  private static final long DEFAULT_RETRY_MS = 1_000;

  /** Reasons for skipping a candidate that do not pass with time. */
  private static final Set<String> PERMANENT =
      Set.of(
          SkipReason.MODEL_NOT_SERVED.code(),
          SkipReason.CAPABILITY.code(),
          SkipReason.CONTEXT_WINDOW.code());

  private final int status;
  private final String code;
  private final transient Failure failure;

  private GatewayError(int status, String code, Failure failure, String message) {
    super(message, null, false, false);
    this.status = status;
    this.code = code;
    this.failure = failure;
  }

  /** Creates the error for a request that the gateway itself rejects. */
  public static GatewayError rejected(int status, String code, String message) {
    Failure failure = Failure.of(FailureKind.INVALID_REQUEST, message);
    return new GatewayError(status, code, failure, message);
  }

  public static GatewayError unknownUrl(HttpServerRequest request) {
    return rejected(404, "unknown_url", "unknown URL: " + request.method() + " " + path(request));
  }

  public static GatewayError methodNotAllowed(HttpServerRequest request) {
    return rejected(
        405, "method_not_allowed", path(request) + " does not support " + request.method());
  }

  public static GatewayError invalidUrl() {
    return rejected(400, "bad_request", "the request's URL cannot be parsed");
  }

  /** Creates the error for a request head that is malformed or too long. */
  static GatewayError invalidHead(Throwable cause) {
    if (cause instanceof TooLongHttpLineException) {
      return rejected(414, "url_too_long", "the request's URL is too long");
    }
    if (cause instanceof TooLongHttpHeaderException) {
      return rejected(431, "headers_too_large", "the request's headers are too large");
    }
    return rejected(400, "bad_request", "the request's head cannot be parsed");
  }

  static GatewayError invalidKey() {
    return rejected(
        401,
        "invalid_api_key",
        "send one of this gateway's keys: Authorization: Bearer KEY, or x-api-key: KEY");
  }

  static GatewayError webPage() {
    return rejected(
        403,
        "cross_site_request",
        "requests of web pages (by their Origin or Sec-Fetch-Site header) are not accepted");
  }

  static GatewayError unknownHost() {
    return rejected(
        421,
        "unknown_host",
        "the Host of the request is not one of this gateway's names; gateway.hosts adds some");
  }

  static GatewayError missingHost() {
    return rejected(400, "bad_request", "the request needs one Host header");
  }

  /** Creates the error for an unusable configuration; its message lists all problems. */
  private static GatewayError invalidConfiguration(ConfigException e) {
    Failure failure = Failure.of(FailureKind.INVALID_REQUEST, "");
    return new GatewayError(400, "invalid_configuration", failure, e.getMessage());
  }

  /** Creates the error for a failed request; it has no code of its own. */
  public static GatewayError of(Failure failure) {
    return new GatewayError(status(failure), null, failure, publicMessage(failure));
  }

  /**
   * Converts any error. An unexpected one is logged without its message, which may quote a prompt,
   * and sent without details.
   */
  public static GatewayError of(Throwable error) {
    if (error instanceof GatewayError e) {
      return e;
    }
    if (error instanceof LlmException e) {
      return of(e.failure());
    }
    if (error instanceof ConfigException e) {
      return invalidConfiguration(e);
    }
    Throwable withoutMessage = new Throwable(error.getClass().getName());
    withoutMessage.setStackTrace(error.getStackTrace());
    LOG.log(Level.ERROR, "the gateway failed to serve a request", withoutMessage);
    return of(Failure.of(FailureKind.INTERNAL, "the gateway failed to serve the request"));
  }

  private static int status(Failure failure) {
    int status = failure.kind().status();
    boolean retryable = (status == 502 || status == 503) && failure.retryable();
    if (!retryable || failure.trail().isEmpty()) {
      return status;
    }
    return allCandidatesFailed(failure) ? 502 : 503;
  }

  /**
   * Returns whether there is no candidate that could serve the request later: one that was skipped,
   * or was interrupted by the shutdown of the relay.
   */
  private static boolean allCandidatesFailed(Failure failure) {
    return !failure.trail().isEmpty()
        && failure.trail().stream()
            .noneMatch(
                attempt ->
                    attempt.result() == Attempt.Result.CANCELLED
                        || attempt.result() == Attempt.Result.SKIPPED
                            && !PERMANENT.contains(attempt.reason()));
  }

  /**
   * Returns the message for callers. A provider's own message is passed on if the request itself is
   * wrong; any other may describe the operator's account and is left to hooks and logs.
   */
  private static String publicMessage(Failure failure) {
    boolean fromBackend = failure.backend() != null;
    return switch (failure.kind()) {
      case INVALID_REQUEST, CONTENT_FILTER, CONTEXT_LENGTH -> failure.message();
      case UNSUPPORTED ->
          fromBackend ? "the backend does not support this request" : failure.message();
      case MODEL_NOT_FOUND ->
          fromBackend ? "the backend does not serve the model" : failure.message();
      case AUTHENTICATION ->
          fromBackend ? "the backend does not accept the relay's key" : failure.message();
      case PERMISSION ->
          fromBackend ? "the backend does not permit this to the relay's key" : failure.message();
      case QUOTA_EXHAUSTED -> fromBackend ? "the backend's quota is used up" : failure.message();
      case RATE_LIMITED -> fromBackend ? "the backend's rate limit is reached" : failure.message();
      case OVERLOADED -> fromBackend ? "the backend is overloaded" : failure.message();
      case SERVER_ERROR -> fromBackend ? "the backend failed" : failure.message();
      default -> failure.status() >= 400 ? "the backend did not answer" : failure.message();
    };
  }

  private static String path(HttpServerRequest request) {
    return abbreviate(request.path());
  }

  /** Shortens caller input that is repeated in a message. */
  public static String abbreviate(String input) {
    return input.length() <= MAX_ECHO ? input : input.substring(0, MAX_ECHO) + "…";
  }

  /** Returns the HTTP status of the response. */
  public int status() {
    return status;
  }

  /** Returns the gateway's own error code; {@code null} if it follows from the kind of failure. */
  public String code() {
    return code;
  }

  /** Returns what happened, with details that are not for callers. */
  public Failure failure() {
    return failure;
  }

  /** Returns whether a retry within the longest delay sent would fail the same way. */
  private boolean isFinal() {
    long retryMs = failure.retryAfterMs();
    return !failure.retryable()
        || (allCandidatesFailed(failure) && (retryMs < 0 || retryMs > MAX_RETRY_MS));
  }

  /**
   * Sends this error with a body rendered by a front. A response that has begun is reset; one that
   * has ended is not changed.
   */
  public void send(HttpServerResponse response, JsonObject body) {
    if (response.closed() || response.ended()) {
      return;
    }
    if (response.headWritten()) {
      response.reset(RESET_CODE);
      return;
    }
    response.setStatusCode(status);
    if (isFinal() && (status >= 500 || status == 429)) {
      response.putHeader("x-should-retry", "false");
    }
    if (!isFinal() || failure.retryAfterMs() >= 0) {
      long known = failure.retryAfterMs() < 0 ? DEFAULT_RETRY_MS : failure.retryAfterMs();
      long retryMs = Math.max(1, Math.min(known, MAX_RETRY_MS));
      response.putHeader(HttpHeaders.RETRY_AFTER, Long.toString((retryMs + 999) / 1000));
      response.putHeader("retry-after-ms", Long.toString(retryMs));
    }
    RelayHeaders.put(
        response, failure.requestId(), failure.backend(), failure.model(), null, failure.trail());
    response.putHeader(HttpHeaders.CONTENT_TYPE, "application/json").end(body.toBuffer());
  }
}
