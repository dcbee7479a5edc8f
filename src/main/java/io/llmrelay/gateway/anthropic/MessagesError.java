package io.llmrelay.gateway.anthropic;

import io.llmrelay.gateway.server.GatewayError;
import io.vertx.core.json.JsonObject;

/**
 * Renders errors in the form of Anthropic's API: {@code {"type": "error", "error": {"type",
 * "message"}, "request_id"}}. Clients decide by the type, so it is one of Anthropic's.
 */
final class MessagesError {
  private MessagesError() {}

  /** Returns the body of an error response, and the data of the event {@code error}. */
  static JsonObject toJson(GatewayError error, String requestId) {
    JsonObject json =
        new JsonObject()
            .put("type", "error")
            .put(
                "error",
                new JsonObject().put("type", type(error)).put("message", error.getMessage()));
    return requestId == null ? json : json.put("request_id", requestId);
  }

  private static String type(GatewayError error) {
    return switch (error.failure().kind()) {
      case INVALID_REQUEST -> rejected(error.status());
      case CONTENT_FILTER, CONTEXT_LENGTH, UNSUPPORTED -> "invalid_request_error";
      case MODEL_NOT_FOUND -> "not_found_error";
      case RATE_LIMITED, QUOTA_EXHAUSTED -> "rate_limit_error";
      case OVERLOADED, SATURATED, UNAVAILABLE -> "overloaded_error";
      case TIMEOUT -> "timeout_error";
      default -> "api_error";
    };
  }

  /** Returns the type for a request that the gateway itself rejects. */
  private static String rejected(int status) {
    return switch (status) {
      case 401 -> "authentication_error";
      case 403 -> "permission_error";
      case 404 -> "not_found_error";
      case 413 -> "request_too_large";
      case 429 -> "rate_limit_error";
      default -> "invalid_request_error";
    };
  }
}
