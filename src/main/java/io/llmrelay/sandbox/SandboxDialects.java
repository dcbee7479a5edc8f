package io.llmrelay.sandbox;

import io.llmrelay.sandbox.anthropic.AnthropicDialect;
import io.llmrelay.sandbox.bedrock.BedrockDialect;
import io.llmrelay.sandbox.cloudflare.CloudflareDialect;
import io.llmrelay.sandbox.cohere.CohereDialect;
import io.llmrelay.sandbox.dialect.SandboxDialect;
import io.llmrelay.sandbox.gemini.GeminiDialect;
import io.llmrelay.sandbox.ollama.OllamaDialect;
import io.llmrelay.sandbox.openai.OpenAiDialect;
import io.llmrelay.sandbox.responses.ResponsesDialect;
import java.util.List;

/** The registry of dialects. */
final class SandboxDialects {
  private static final SandboxDialect OPENAI = new OpenAiDialect();

  /** Those with the more specific paths come first. */
  static final List<SandboxDialect> ALL =
      List.of(
          new GeminiDialect(),
          new BedrockDialect(),
          new CloudflareDialect(),
          new OllamaDialect(),
          new CohereDialect(),
          new AnthropicDialect(),
          new ResponsesDialect(),
          OPENAI);

  private SandboxDialects() {}

  /** Returns the dialect of requests that no other dialect has. */
  static SandboxDialect openAi() {
    return OPENAI;
  }

  /**
   * Returns a dialect by its name.
   *
   * @throws IllegalArgumentException if there is no such dialect
   */
  static SandboxDialect of(String name) {
    return ALL.stream()
        .filter(dialect -> dialect.name().equals(name))
        .findFirst()
        .orElseThrow(
            () -> {
              List<String> names = ALL.stream().map(SandboxDialect::name).sorted().toList();
              return new IllegalArgumentException(
                  "unknown dialect '" + name + "', known: " + String.join(", ", names));
            });
  }
}
