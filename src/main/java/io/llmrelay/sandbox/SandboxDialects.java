package io.llmrelay.sandbox;

import io.llmrelay.sandbox.anthropic.AnthropicDialect;
import io.llmrelay.sandbox.bedrock.BedrockDialect;
import io.llmrelay.sandbox.cloudflare.CloudflareDialect;
import io.llmrelay.sandbox.cohere.CohereDialect;
import io.llmrelay.sandbox.cohere.CohereEmbeddings;
import io.llmrelay.sandbox.dialect.SandboxDialect;
import io.llmrelay.sandbox.gemini.GeminiDialect;
import io.llmrelay.sandbox.gemini.GeminiEmbeddings;
import io.llmrelay.sandbox.ollama.OllamaDialect;
import io.llmrelay.sandbox.ollama.OllamaEmbeddings;
import io.llmrelay.sandbox.ollama.OllamaGenerate;
import io.llmrelay.sandbox.openai.OpenAiCompletions;
import io.llmrelay.sandbox.openai.OpenAiDialect;
import io.llmrelay.sandbox.openai.OpenAiEmbeddings;
import io.llmrelay.sandbox.responses.ResponsesDialect;
import java.util.List;
import java.util.stream.Stream;

/** The registry of the sandbox's dialects. */
final class SandboxDialects {
  private static final SandboxDialect OPENAI = new OpenAiDialect();

  private static final List<SandboxDialect> OTHER_ROUTES =
      List.of(
          new OllamaGenerate(),
          new OpenAiCompletions(),
          new GeminiEmbeddings(),
          new OllamaEmbeddings(),
          new CohereEmbeddings(),
          new OpenAiEmbeddings());

  /** All dialects, in the order in which they are matched: those with more specific paths first. */
  private static final List<SandboxDialect> CHATS =
      List.of(
          new GeminiDialect(),
          new BedrockDialect(),
          new CloudflareDialect(),
          new OllamaDialect(),
          new CohereDialect(),
          new AnthropicDialect(),
          new ResponsesDialect(),
          OPENAI);

  static final List<SandboxDialect> ALL =
      Stream.concat(OTHER_ROUTES.stream(), CHATS.stream()).toList();

  private SandboxDialects() {}

  /** Returns the dialect of requests whose path matches no other dialect. */
  static SandboxDialect openAi() {
    return OPENAI;
  }

  /**
   * Returns a dialect by its name.
   *
   * @throws IllegalArgumentException if there is no such dialect
   */
  static SandboxDialect of(String name) {
    return CHATS.stream()
        .filter(dialect -> dialect.name().equals(name))
        .findFirst()
        .orElseThrow(
            () -> {
              List<String> names = CHATS.stream().map(SandboxDialect::name).sorted().toList();
              return new IllegalArgumentException(
                  "unknown dialect '" + name + "', known: " + String.join(", ", names));
            });
  }
}
