package io.llmrelay.sandbox.anthropic;

import io.llmrelay.sandbox.dialect.NamedErrors;
import io.llmrelay.sandbox.dialect.NamedErrors.Entry;
import io.llmrelay.sandbox.dialect.RejectedException;
import io.llmrelay.sandbox.dialect.SandboxError;

/** Anthropic's errors. */
final class AnthropicErrors {
  private static final String INVALID = "invalid_request_error";
  private static final String API = "api_error";
  static final String QUOTA = "enforced_spend_limit_reached";

  static final NamedErrors ALL =
      new NamedErrors(
          new Entry("400", INVALID, null, "Invalid 'messages[0].role': 'sytem'."),
          new Entry(
              "400-context", INVALID, null, "prompt is too long: 3333404 tokens > 200000 maximum"),
          new Entry("400-policy", INVALID, null, "Output blocked by content filtering policy"),
          new Entry("401", "authentication_error", null, "invalid x-api-key"),
          new Entry(
              "402",
              "billing_error",
              null,
              "Your credit balance is too low to access the Anthropic API."),
          new Entry(
              "403",
              "permission_error",
              null,
              "Your API key does not have permission to use the specified resource."),
          new Entry("404", "not_found_error", null, "model: not found"),
          new Entry("408", "timeout_error", null, "Request timed out."),
          new Entry("409", "conflict_error", null, "Conflict."),
          new Entry("413", "request_too_large", null, "Request exceeds the maximum size"),
          new Entry(
              "429",
              "rate_limit_error",
              null,
              "This request would exceed your organization's rate limit of 50,000 input tokens per"
                  + " minute."),
          new Entry(
              "429-quota",
              "rate_limit_error",
              QUOTA,
              "You have reached your specified API usage limits. You will regain access next month."),
          new Entry("500", API, null, "Internal server error"),
          new Entry("502", API, null, "Bad gateway."),
          new Entry("503", API, null, "Service unavailable"),
          new Entry("504", "timeout_error", null, "Request timed out"),
          new Entry("529", "overloaded_error", null, "Overloaded"));

  private AnthropicErrors() {}

  static SandboxError invalid(String message) {
    return new SandboxError(400, INVALID, null, null, message);
  }

  static RejectedException rejected(String message) {
    return new RejectedException(invalid(message));
  }
}
