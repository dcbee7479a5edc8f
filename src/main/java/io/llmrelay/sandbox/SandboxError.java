package io.llmrelay.sandbox;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * An error of a vendor's API, with the texts of both dialects. The named ones are those of {@code
 * mock-NAME}; a status without an entry is a generic server or request error.
 *
 * @param status the HTTP status if the error is the response; in a stream the status is 200
 */
record SandboxError(
    int status,
    String type,
    String code,
    String message,
    String anthropicType,
    String anthropicMessage) {

  /** Becomes a header, a page and an event if it is forwarded without escaping. */
  static final String SPLIT =
      "\r\nset-cookie: split=1\r\n\r\n<html>\r\n\r\ndata: {\"split\":1}\n\ndata: [DONE]\n\n";

  private static final String INVALID = "invalid_request_error";
  private static final Map<String, SandboxError> NAMED = new TreeMap<>();

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
      String name,
      String type,
      String code,
      String message,
      String anthropicType,
      String anthropicMessage) {
    int status = Integer.parseInt(name.substring(0, 3));
    String text = anthropicMessage == null ? message : anthropicMessage;
    NAMED.put(name, new SandboxError(status, type, code, message, anthropicType, text));
  }

  static List<String> names() {
    return List.copyOf(NAMED.keySet());
  }

  /** Returns the error with that name, or null. */
  static SandboxError named(String name) {
    return NAMED.get(name);
  }

  /** Returns the error of an HTTP status, which need not be an error status. */
  static SandboxError ofStatus(int status) {
    SandboxError named = NAMED.get(Integer.toString(status));
    if (named != null) {
      return named;
    }
    String message = "The sandbox was configured to respond with " + status + ".";
    if (status < 400) {
      SandboxError error = NAMED.get("503");
      return new SandboxError(
          status, error.type, error.code, error.message, error.anthropicType, error.message);
    }
    return status < 500
        ? invalid(status, null, message)
        : new SandboxError(status, "server_error", null, message, "api_error", message);
  }

  /** Returns an error for an invalid request, with a text of the sandbox. */
  static SandboxError invalid(int status, String code, String message) {
    String type = status == 404 ? "not_found_error" : INVALID;
    return new SandboxError(status, INVALID, code, message, type, message);
  }

  /** Returns this error with {@link #SPLIT} appended to its texts. */
  SandboxError splitting() {
    return new SandboxError(
        status,
        type,
        (code == null ? "code" : code) + SPLIT,
        message + SPLIT,
        anthropicType,
        anthropicMessage + SPLIT);
  }

  SandboxError withMessage(String openAi, String anthropic) {
    return new SandboxError(status, type, code, openAi, anthropicType, anthropic);
  }
}
