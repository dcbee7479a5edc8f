package io.llmrelay.provider.bedrock;

import io.llmrelay.provider.anthropic.ClaudeModel;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The features of a model beyond the common part of the Converse API, derived from its id. An
 * unknown id, such as an inference profile's ARN, counts as a model that has them.
 *
 * <p>Sources: "Supported models and model features", "ToolChoice" and "Get validated JSON results
 * from models" in the documentation of Amazon Bedrock, November 2026.
 *
 * @param id the id
 * @param claude its features as a Claude model
 */
record BedrockModel(String id, ClaudeModel claude) {
  private static final Pattern BOUND =
      Pattern.compile("(deepseek\\.v3|gemma-3|minimax|mistral|moonshot|nvidia|openai|qwen)");

  static BedrockModel of(String id) {
    return new BedrockModel(id == null ? "" : id, ClaudeModel.of(id));
  }

  boolean isNova() {
    return id.contains("amazon.nova");
  }

  /** Returns whether it has a configurable reasoning effort of Amazon's own. */
  boolean isNova2() {
    return id.contains("amazon.nova-2");
  }

  boolean isGptOss() {
    return id.contains("openai.gpt-oss");
  }

  boolean isMistral() {
    return id.contains("mistral.");
  }

  /** Returns whether a prefix of the prompt can be cached. */
  boolean caches() {
    return claude.isClaude() || isNova();
  }

  /** Returns whether a tool choice may demand a call. */
  boolean forcesCalls() {
    return !claude.refusesForcedCalls()
        && List.of("meta.", "cohere.", "ai21.", "deepseek.", "writer.").stream()
            .noneMatch(id::contains);
  }

  /** Returns whether its answers can be bound to a JSON schema. */
  boolean hasStructuredOutput() {
    return claude.hasStructuredOutput() || BOUND.matcher(id).find();
  }
}
