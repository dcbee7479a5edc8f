package io.llmrelay.sandbox.bedrock;

import io.llmrelay.sandbox.dialect.NamedErrors;
import io.llmrelay.sandbox.dialect.NamedErrors.Entry;
import io.llmrelay.sandbox.dialect.RejectedException;
import io.llmrelay.sandbox.dialect.SandboxError;

/** Bedrock's errors. The type is the name of the exception. */
final class BedrockErrors {
  private static final String VALIDATION = "ValidationException";

  static final NamedErrors ALL =
      new NamedErrors(
          new Entry("400", VALIDATION, null, "The request is invalid."),
          new Entry("400-context", VALIDATION, null, "Input is too long for requested model."),
          new Entry("401", "UnrecognizedClientException", null, "The security token is invalid."),
          new Entry(
              "402", "AccessDeniedException", null, "The account has no valid payment instrument."),
          new Entry("403", "AccessDeniedException", null, "You don't have access to the model."),
          new Entry("404", "ResourceNotFoundException", null, "The model does not exist."),
          new Entry("408", "ModelTimeoutException", null, "The model did not respond in time."),
          new Entry("424", "ModelErrorException", null, "The model returned an error."),
          new Entry(
              "429",
              "ThrottlingException",
              null,
              "Too many requests, please wait before trying again."),
          new Entry(
              "429-quota", "ThrottlingException", null, "Too many tokens per day, please wait."),
          new Entry(
              "500",
              "InternalServerException",
              null,
              "The system encountered an unexpected error."),
          new Entry(
              "503",
              "ServiceUnavailableException",
              null,
              "Bedrock is unable to process your request."));

  private BedrockErrors() {}

  static RejectedException rejected(String message) {
    return new RejectedException(new SandboxError(400, VALIDATION, null, null, message));
  }

  /** Rejects a value that violates a constraint of the API's model. */
  static RejectedException constraint(String value, String path, String constraint) {
    return rejected(
        "1 validation error detected: Value '"
            + value
            + "' at '"
            + path
            + "' failed to satisfy constraint: Member must "
            + constraint);
  }
}
