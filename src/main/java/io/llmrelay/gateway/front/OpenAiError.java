package io.llmrelay.gateway.front;

import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.gateway.server.GatewayError;
import io.vertx.core.json.JsonObject;

/**
 * Renders errors in the format of OpenAI's API: {@code {"error": {"message", "type", "param",
 * "code"}}}.
 *
 * <p>{@code code} is the gateway's own code or OpenAI's code for the kind of failure, else the wire
 * name of the {@link FailureKind}. Details that only a relay has (the trail, what was delivered)
 * are in {@code relay} beside {@code error}.
 */
public final class OpenAiError {
  private OpenAiError() {}

  /** Returns the body of an error response. */
  public static JsonObject toJson(GatewayError error) {
    Failure failure = error.failure();
    JsonObject body =
        new JsonObject()
            .put("message", error.getMessage())
            .put("type", type(failure.kind()))
            .put("param", failure.field())
            .put("code", code(error));
    if (failure.retryAfterMs() >= 0) {
      body.put("retry_after_ms", failure.retryAfterMs());
    }
    JsonObject json = new JsonObject().put("error", body);
    if (failure.requestId() != null || failure.backend() != null) {
      json.put("relay", relay(failure));
    }
    return json;
  }

  /** Returns the error as the last event of a stream, without nulls: clients parse it strictly. */
  public static JsonObject toEvent(GatewayError error) {
    JsonObject body =
        new JsonObject()
            .put("message", error.getMessage())
            .put("type", type(error.failure().kind()));
    String code = code(error);
    if (code != null) {
      body.put("code", code);
    }
    return new JsonObject().put("error", body);
  }

  private static JsonObject relay(Failure failure) {
    JsonObject relay = failure.toJson();
    relay.remove("message");
    relay.remove("field");
    if (!RelayJson.isCode(failure.providerCode())) {
      relay.remove("provider_code");
    }
    if (!failure.trail().isEmpty()) {
      relay.put("trail", RelayJson.trail(failure.trail()));
    }
    return relay;
  }

  /** Returns the {@code type} of a kind of failure. */
  public static String type(FailureKind kind) {
    return switch (kind) {
      case INVALID_REQUEST, CONTENT_FILTER, CONTEXT_LENGTH, UNSUPPORTED, MODEL_NOT_FOUND ->
          "invalid_request_error";
      case RATE_LIMITED -> "rate_limit_error";
      case QUOTA_EXHAUSTED -> "insufficient_quota";
      default -> "server_error";
    };
  }

  /** Returns the {@code code} of an error; {@code null} if it has none. */
  public static String code(GatewayError error) {
    if (error.code() != null) {
      return error.code();
    }
    FailureKind kind = error.failure().kind();
    return switch (kind) {
      case INVALID_REQUEST -> error.failure().providerCode();
      case CONTEXT_LENGTH -> "context_length_exceeded";
      case RATE_LIMITED -> "rate_limit_exceeded";
      case QUOTA_EXHAUSTED -> "insufficient_quota";
      case AUTHENTICATION -> "backend_authentication";
      case PERMISSION -> "backend_permission";
      default -> kind.code();
    };
  }
}
