package io.llmrelay.gateway;

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
 * An error as OpenAI's API tells it: {@code {"error": {"message", "type", "param", "code"}}}.
 *
 * <p>OpenAI's SDKs choose their exception by the status and decide by it whether to try again, so
 * the status says who is to blame: 4xx is the caller's request, 429 is "later", 5xx is us or the
 * backends. A backend that refuses <em>our</em> key is a 502, never a 401. Where every candidate
 * was tried, 502 and {@code x-should-retry: false} say that coming back at once is of no use (some
 * clients repeat a 503 without a pause); where some were passed over, 503 and {@code retry-after}
 * say when to come back. {@code code} says what happened: OpenAI's own code where it has one, else
 * the wire name of the {@link FailureKind}. What only a relay can tell (the trail, what had been
 * delivered) stands in {@code relay} beside {@code error}.
 */
final class ApiError extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final Logger LOG = System.getLogger(ApiError.class.getName());
  private static final String INVALID_REQUEST = "invalid_request_error";
  private static final String SERVER_ERROR = "server_error";
  private static final int MAX_ECHO = 200;

  /** Longest wait a client is told, in milliseconds: some take a longer one for none at all. */
  private static final long MAX_WAIT_MS = 59_000;

  /** What a client is told to wait where nobody knows. */
  private static final long DEFAULT_WAIT_MS = 1_000;

  /** Reasons to skip a candidate that waiting does not remove. */
  private static final Set<String> LASTING =
      Set.of(
          SkipReason.MODEL_NOT_SERVED.code(),
          SkipReason.CAPABILITY.code(),
          SkipReason.CONTEXT_WINDOW.code());

  private final int status;
  private final String type;
  private final String code;
  private final transient Failure failure;

  private ApiError(int status, String type, String code, Failure failure) {
    this(status, type, code, failure, failure.message());
  }

  private ApiError(int status, String type, String code, Failure failure, String message) {
    super(message, null, false, false);
    this.status = status;
    this.type = type;
    this.code = code;
    this.failure = failure;
  }

  /** A request that is wrong before anything looks at its fields. */
  static ApiError badRequest(int status, String code, String message) {
    return new ApiError(
        status, INVALID_REQUEST, code, Failure.of(FailureKind.INVALID_REQUEST, message));
  }

  static ApiError unknownModel(String model) {
    return of(Failure.of(FailureKind.MODEL_NOT_FOUND, "no backend lists the model " + cut(model)));
  }

  static ApiError unknownRoute(HttpServerRequest request) {
    return badRequest(404, "unknown_url", "unknown URL: " + request.method() + " " + path(request));
  }

  static ApiError wrongMethod(HttpServerRequest request) {
    return badRequest(
        405, "method_not_allowed", path(request) + " does not take " + request.method());
  }

  static ApiError unreadableUrl() {
    return badRequest(400, "bad_request", "the request's URL cannot be read");
  }

  /** A head that HTTP does not allow, or that is too long. */
  static ApiError unreadableHead(Throwable cause) {
    if (cause instanceof TooLongHttpLineException) {
      return badRequest(414, "url_too_long", "the request's URL is too long");
    }
    if (cause instanceof TooLongHttpHeaderException) {
      return badRequest(431, "headers_too_large", "the request's headers are too large");
    }
    return badRequest(400, "bad_request", "the request's head cannot be read");
  }

  static ApiError invalidKey() {
    return badRequest(
        401, "invalid_api_key", "send one of this gateway's keys: Authorization: Bearer KEY");
  }

  static ApiError webPage() {
    return badRequest(
        403,
        "cross_site_request",
        "requests of web pages (by their Origin or Sec-Fetch-Site header) are not taken");
  }

  /** A body in a content coding that is not decoded. */
  static ApiError unsupportedCoding() {
    return badRequest(
        415,
        "unsupported_content_encoding",
        "the body's Content-Encoding is not supported: send gzip, deflate or none");
  }

  /** A request that was sent to another host, as far as its sender knows. */
  static ApiError foreignHost() {
    return badRequest(
        421,
        "unknown_host",
        "the Host of the request is none of this gateway's names; gateway.hosts adds some");
  }

  static ApiError noHost() {
    return badRequest(400, "bad_request", "the request needs one Host header");
  }

  static ApiError noReload() {
    return badRequest(404, "no_reload", "this relay runs without a configuration it could reload");
  }

  /** A new configuration that cannot be used; all of what is wrong with it. */
  static ApiError configuration(ConfigException e) {
    Failure failure = Failure.of(FailureKind.INVALID_REQUEST, "");
    return new ApiError(400, INVALID_REQUEST, "invalid_configuration", failure, e.getMessage());
  }

  static ApiError noMetrics() {
    return badRequest(404, "no_metrics", "this relay runs without Prometheus metrics");
  }

  static ApiError of(Failure failure) {
    FailureKind kind = failure.kind();
    String type =
        switch (kind) {
          case INVALID_REQUEST, CONTENT_FILTER, CONTEXT_LENGTH, UNSUPPORTED, MODEL_NOT_FOUND ->
              INVALID_REQUEST;
          case RATE_LIMITED -> "rate_limit_error";
          case QUOTA_EXHAUSTED -> "insufficient_quota";
          default -> SERVER_ERROR;
        };
    String code =
        switch (kind) {
          case INVALID_REQUEST -> failure.providerCode();
          case CONTEXT_LENGTH -> "context_length_exceeded";
          case RATE_LIMITED -> "rate_limit_exceeded";
          case QUOTA_EXHAUSTED -> "insufficient_quota";
          case AUTHENTICATION -> "backend_authentication";
          case PERMISSION -> "backend_permission";
          default -> kind.code();
        };
    return new ApiError(status(failure), type, code, failure, message(failure));
  }

  private static int status(Failure failure) {
    int status = failure.kind().status();
    boolean choice = (status == 502 || status == 503) && failure.retryable();
    if (!choice || failure.trail().isEmpty()) {
      return status;
    }
    return everyoneWasTried(failure) ? 502 : 503;
  }

  /** Whether no candidate was passed over that could serve the request later. */
  private static boolean everyoneWasTried(Failure failure) {
    return !failure.trail().isEmpty()
        && failure.trail().stream()
            .noneMatch(
                attempt ->
                    attempt.result() == Attempt.Result.SKIPPED
                        && !LASTING.contains(attempt.reason()));
  }

  /** Whether a client that comes back within the longest wait would meet the same failure. */
  private boolean isFinal() {
    long waitMs = failure.retryAfterMs();
    return !failure.retryable()
        || (everyoneWasTried(failure) && (waitMs < 0 || waitMs > MAX_WAIT_MS));
  }

  /**
   * What a caller is told. A provider's own words are passed on where the request itself is wrong;
   * all others may be about the operator's account, and are for hooks and logs.
   */
  private static String message(Failure failure) {
    boolean backends = failure.backend() != null;
    return switch (failure.kind()) {
      case INVALID_REQUEST, CONTENT_FILTER, CONTEXT_LENGTH, UNSUPPORTED, MODEL_NOT_FOUND ->
          failure.message();
      case AUTHENTICATION ->
          backends ? "the backend does not accept the relay's key" : failure.message();
      case PERMISSION ->
          backends ? "the backend does not permit this to the relay's key" : failure.message();
      case QUOTA_EXHAUSTED -> backends ? "the backend's quota is used up" : failure.message();
      case RATE_LIMITED -> backends ? "the backend's rate limit is reached" : failure.message();
      case OVERLOADED -> backends ? "the backend is overloaded" : failure.message();
      case SERVER_ERROR -> backends ? "the backend failed" : failure.message();
      default -> failure.status() >= 400 ? "the backend did not answer" : failure.message();
    };
  }

  /**
   * Any error; one that nobody foresaw is logged, without its message (it may quote a prompt), and
   * told to the client without any detail.
   */
  static ApiError of(Throwable error) {
    if (error instanceof ApiError e) {
      return e;
    }
    if (error instanceof LlmException e) {
      return of(e.failure());
    }
    if (error instanceof ConfigException e) {
      return configuration(e);
    }
    Throwable bare = new Throwable(error.getClass().getName());
    bare.setStackTrace(error.getStackTrace());
    LOG.log(Level.ERROR, "the gateway failed to serve a request", bare);
    return of(Failure.of(FailureKind.INTERNAL, "the gateway failed to serve the request"));
  }

  private static String path(HttpServerRequest request) {
    return cut(request.path());
  }

  private static String cut(String input) {
    return input.length() <= MAX_ECHO ? input : input.substring(0, MAX_ECHO) + "…";
  }

  JsonObject toJson() {
    JsonObject error =
        new JsonObject()
            .put("message", getMessage())
            .put("type", type)
            .put("param", failure.field())
            .put("code", code);
    if (failure.retryAfterMs() >= 0) {
      error.put("retry_after_ms", failure.retryAfterMs());
    }
    JsonObject json = new JsonObject().put("error", error);
    if (failure.requestId() != null || failure.backend() != null) {
      JsonObject relay = failure.toJson();
      relay.remove("message");
      relay.remove("field");
      if (!Completions.isCode(failure.providerCode())) {
        relay.remove("provider_code");
      }
      if (!failure.trail().isEmpty()) {
        relay.put("trail", Completions.trail(failure.trail()));
      }
      json.put("relay", relay);
    }
    return json;
  }

  /** The error as the last event of a stream: no null and nothing else, for clients are strict. */
  JsonObject toEvent() {
    JsonObject error = new JsonObject().put("message", getMessage()).put("type", type);
    if (code != null) {
      error.put("code", code);
    }
    return new JsonObject().put("error", error);
  }

  /** Answers with this error; does nothing where the client is gone or has its answer. */
  void send(HttpServerResponse response) {
    if (response.closed() || response.ended()) {
      return;
    }
    if (response.headWritten()) {
      response.reset();
      return;
    }
    response.setStatusCode(status);
    if (isFinal() && (status >= 500 || status == 429)) {
      response.putHeader("x-should-retry", "false");
    }
    if (!isFinal() || failure.retryAfterMs() >= 0) {
      long known = failure.retryAfterMs() < 0 ? DEFAULT_WAIT_MS : failure.retryAfterMs();
      long waitMs = Math.max(1, Math.min(known, MAX_WAIT_MS));
      response.putHeader(HttpHeaders.RETRY_AFTER, Long.toString((waitMs + 999) / 1000));
      response.putHeader("retry-after-ms", Long.toString(waitMs));
    }
    AnswerHeaders.put(
        response, failure.requestId(), failure.backend(), failure.model(), null, failure.trail());
    response.putHeader(HttpHeaders.CONTENT_TYPE, "application/json").end(toJson().toBuffer());
  }
}
