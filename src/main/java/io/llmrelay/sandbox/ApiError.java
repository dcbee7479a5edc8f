package io.llmrelay.sandbox;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * An error as the vendors word it, in both dialects. The named ones are those of {@code mock-NAME};
 * a status that has no entry of its own is a server or a request error in general words.
 *
 * @param status HTTP status when it is sent as a status; in a stream the status stays 200
 */
record ApiError(
    int status,
    String type,
    String code,
    String message,
    String anthropicType,
    String anthropicMessage) {

  /** What would be a header, a page and an event, if somebody passed it on as it is. */
  static final String SPLIT =
      "\r\nset-cookie: split=1\r\n\r\n<html>\r\n\r\ndata: {\"split\":1}\n\ndata: [DONE]\n\n";

  private static final String INVALID = "invalid_request_error";
  private static final Map<String, ApiError> NAMED = new TreeMap<>();

  static {
    named("400", INVALID, "invalid_value", "Invalid 'messages[0].role': 'sytem'.", INVALID, null);
    named(
        "400-context",
        INVALID,
        "context_length_exceeded",
        "Your input exceeds the context window of this model. Please adjust your input and try"
            + " again.",
        INVALID,
        "prompt is too long: 3333404 tokens > 200000 maximum");
    named(
        "400-policy",
        INVALID,
        "content_policy_violation",
        "Your request was rejected as a result of our safety system.",
        INVALID,
        "Output blocked by content filtering policy");
    named(
        "401",
        INVALID,
        "invalid_api_key",
        "Incorrect API key provided. You can find your API key at"
            + " https://platform.openai.com/account/api-keys.",
        "authentication_error",
        "invalid x-api-key");
    named(
        "402",
        "unknown_error",
        "invalid_request_error",
        "Insufficient Balance",
        "billing_error",
        "Your credit balance is too low to access the Anthropic API.");
    named(
        "403",
        INVALID,
        null,
        "You are not allowed to sample from this model",
        "permission_error",
        "Your API key does not have permission to use the specified resource.");
    named(
        "404",
        INVALID,
        "model_not_found",
        "The model does not exist or you do not have access to it.",
        "not_found_error",
        "model: not found");
    named("408", "timeout", null, "Request timed out.", "timeout_error", null);
    named("409", INVALID, null, "Conflict.", "conflict_error", null);
    named(
        "413",
        INVALID,
        null,
        "Request body too large.",
        "request_too_large",
        "Request exceeds the maximum size");
    named(
        "429",
        "tokens",
        "rate_limit_exceeded",
        "Rate limit reached for this model on tokens per min (TPM): Limit 200000, Used 199500,"
            + " Requested 2000.",
        "rate_limit_error",
        "This request would exceed your organization's rate limit of 50,000 input tokens per"
            + " minute.");
    named(
        "429-quota",
        "insufficient_quota",
        "insufficient_quota",
        "You exceeded your current quota, please check your plan and billing details.",
        "rate_limit_error",
        "You have reached your specified API usage limits. You will regain access next month.");
    named(
        "500",
        "server_error",
        null,
        "The server had an error while processing your request. Sorry about that!",
        "api_error",
        "Internal server error");
    named("502", "server_error", null, "Bad gateway.", "api_error", null);
    named(
        "503",
        "service_unavailable_error",
        "server_is_overloaded",
        "The server is currently overloaded with other requests. Sorry about that! You can retry"
            + " your request.",
        "api_error",
        "Service unavailable");
    named("504", "server_error", null, "Gateway timeout.", "timeout_error", "Request timed out");
    named(
        "529",
        "service_unavailable_error",
        "server_is_overloaded",
        "Overloaded",
        "overloaded_error",
        null);
  }

  private static void named(
      String name, String type, String code, String message, String anthropic, String other) {
    int status = Integer.parseInt(name.substring(0, 3));
    String words = other == null ? message : other;
    NAMED.put(name, new ApiError(status, type, code, message, anthropic, words));
  }

  static List<String> names() {
    return List.copyOf(NAMED.keySet());
  }

  /** The error of that name, or null. */
  static ApiError named(String name) {
    return NAMED.get(name);
  }

  static ApiError ofStatus(int status) {
    ApiError named = NAMED.get(Integer.toString(status));
    if (named != null) {
      return named;
    }
    String message = "The sandbox was told to answer " + status + ".";
    if (status < 400) {
      ApiError words = NAMED.get("503");
      return new ApiError(
          status, words.type, words.code, words.message, words.anthropicType, words.message);
    }
    return status < 500
        ? invalid(status, null, message)
        : new ApiError(status, "server_error", null, message, "api_error", message);
  }

  /** A refusal of the request itself, with the sandbox's own words. */
  static ApiError invalid(int status, String code, String message) {
    String type = status == 404 ? "not_found_error" : INVALID;
    return new ApiError(status, INVALID, code, message, type, message);
  }

  /** The same with {@link #SPLIT} in all its words. */
  ApiError splitting() {
    return new ApiError(
        status,
        type,
        (code == null ? "code" : code) + SPLIT,
        message + SPLIT,
        anthropicType,
        anthropicMessage + SPLIT);
  }

  ApiError withMessage(String openAi, String anthropic) {
    return new ApiError(status, type, code, openAi, anthropicType, anthropic);
  }
}
