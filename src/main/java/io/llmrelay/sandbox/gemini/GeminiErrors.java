package io.llmrelay.sandbox.gemini;

import io.llmrelay.sandbox.dialect.NamedErrors;
import io.llmrelay.sandbox.dialect.NamedErrors.Entry;
import io.llmrelay.sandbox.dialect.RejectedException;
import io.llmrelay.sandbox.dialect.SandboxError;

/** Google's errors. The type is the name of the status. */
final class GeminiErrors {
  static final String INVALID = "INVALID_ARGUMENT";
  private static final String EXHAUSTED = "RESOURCE_EXHAUSTED";

  static final NamedErrors ALL =
      new NamedErrors(
          new Entry("400", INVALID, null, "Request contains an invalid argument."),
          new Entry(
              "400-context",
              INVALID,
              null,
              "The input token count (3333404) exceeds the maximum number of tokens allowed (1048576)."),
          new Entry(
              "401", "UNAUTHENTICATED", null, "Request had invalid authentication credentials."),
          new Entry("402", EXHAUSTED, null, "Your prepayment credits are depleted."),
          new Entry("403", "PERMISSION_DENIED", null, "The caller does not have permission"),
          new Entry("404", "NOT_FOUND", null, "models/model is not found for API version v1beta."),
          new Entry("429", EXHAUSTED, "PerMinute", "You exceeded your current quota."),
          new Entry("429-quota", EXHAUSTED, "PerDay", "You exceeded your current quota."),
          new Entry("500", "INTERNAL", null, "An internal error has occurred."),
          new Entry("503", "UNAVAILABLE", null, "The model is overloaded. Please try again later."),
          new Entry("504", "DEADLINE_EXCEEDED", null, "The request timed out. Please try again."));

  private GeminiErrors() {}

  static SandboxError invalid(String message) {
    return new SandboxError(400, INVALID, null, null, message);
  }

  static RejectedException rejected(String message) {
    return new RejectedException(invalid(message));
  }

  /** Rejects a field that the request's message type does not have. */
  static RejectedException unknownName(String name, String path, String reason) {
    String at = path.isEmpty() ? "" : " at '" + path + "'";
    String message =
        "Invalid JSON payload received. Unknown name \"" + name + "\"" + at + ": " + reason;
    return new RejectedException(new SandboxError(400, INVALID, null, path, message));
  }
}
