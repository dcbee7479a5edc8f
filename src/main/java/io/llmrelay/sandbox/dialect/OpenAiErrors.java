package io.llmrelay.sandbox.dialect;

import io.llmrelay.sandbox.dialect.NamedErrors.Entry;
import java.util.List;

/** OpenAI's errors. Their names are those of the scenarios with an HTTP error. */
public final class OpenAiErrors {
  public static final String INVALID = "invalid_request_error";

  public static final NamedErrors ALL =
      new NamedErrors(
          new Entry("400", INVALID, "invalid_value", "Invalid 'messages[0].role': 'sytem'."),
          new Entry(
              "400-context",
              INVALID,
              "context_length_exceeded",
              "Your input exceeds the context window of this model. Please adjust your input and try"
                  + " again."),
          new Entry(
              "400-policy",
              INVALID,
              "content_policy_violation",
              "Your request was rejected as a result of our safety system."),
          new Entry(
              "401",
              INVALID,
              "invalid_api_key",
              "Incorrect API key provided. You can find your API key at"
                  + " https://platform.openai.com/account/api-keys."),
          new Entry("402", "unknown_error", "invalid_request_error", "Insufficient Balance"),
          new Entry("403", INVALID, null, "You are not allowed to sample from this model"),
          new Entry(
              "404",
              INVALID,
              "model_not_found",
              "The model does not exist or you do not have access to it."),
          new Entry("408", "timeout", null, "Request timed out."),
          new Entry("409", INVALID, null, "Conflict."),
          new Entry("413", INVALID, null, "Request body too large."),
          new Entry(
              "429",
              "tokens",
              "rate_limit_exceeded",
              "Rate limit reached for this model on tokens per min (TPM): Limit 200000, Used 199500,"
                  + " Requested 2000."),
          new Entry(
              "429-quota",
              "insufficient_quota",
              "insufficient_quota",
              "You exceeded your current quota, please check your plan and billing details."),
          new Entry(
              "500",
              "server_error",
              null,
              "The server had an error while processing your request. Sorry about that!"),
          new Entry("502", "server_error", null, "Bad gateway."),
          new Entry(
              "503",
              "service_unavailable_error",
              "server_is_overloaded",
              "The server is currently overloaded with other requests. Sorry about that! You can retry"
                  + " your request."),
          new Entry("504", "server_error", null, "Gateway timeout."),
          new Entry("529", "service_unavailable_error", "server_is_overloaded", "Overloaded"));

  private OpenAiErrors() {}

  /** Returns the names of the errors. */
  public static List<String> names() {
    return ALL.names();
  }

  /** Returns the error of a request that is invalid. */
  public static SandboxError invalid(String param, String code, String message) {
    return new SandboxError(400, INVALID, code, param, message);
  }
}
