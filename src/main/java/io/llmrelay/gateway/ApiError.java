package io.llmrelay.gateway;

import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmException;
import io.llmrelay.config.ConfigException;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * An error as OpenAI's API tells it: {@code {"error": {"message", "type", "param", "code"}}}.
 *
 * <p>OpenAI's SDKs choose their exception by the status and decide by it whether to try again, so
 * the status says who is to blame: 4xx is the caller's request, 429 is "later", 5xx is us or the
 * backends. A backend that refuses <em>our</em> key is a 502, never a 401. {@code code} says what
 * happened: OpenAI's own code where it has one, else the wire name of the {@link FailureKind}. What
 * only a relay can tell (the trail, what had been delivered) stands in {@code relay} beside {@code
 * error}.
 */
final class ApiError extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final Logger LOG = System.getLogger(ApiError.class.getName());
  private static final String INVALID_REQUEST = "invalid_request_error";
  private static final String SERVER_ERROR = "server_error";
  private static final int MAX_ECHO = 200;

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
    return new ApiError(kind.status(), type, code, failure);
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
    JsonObject json = new JsonObject().put("error", error);
    if (failure.requestId() != null || failure.backend() != null) {
      JsonObject relay = failure.toJson();
      relay.remove("message");
      relay.remove("field");
      json.put("relay", relay);
    }
    return json;
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
    if (failure.retryAfterMs() > 0) {
      response.putHeader(
          HttpHeaders.RETRY_AFTER, Long.toString((failure.retryAfterMs() + 999) / 1000));
    }
    if (status >= 500 && !failure.retryable()) {
      response.putHeader("x-should-retry", "false");
    }
    AnswerHeaders.put(
        response, failure.requestId(), failure.backend(), failure.model(), null, failure.trail());
    response.putHeader(HttpHeaders.CONTENT_TYPE, "application/json").end(toJson().toBuffer());
  }
}
