package io.llmrelay.provider;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.EmbeddingRequest;
import io.llmrelay.chat.LlmRequest;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.UnknownFields;
import io.llmrelay.provider.anthropic.AnthropicDialect;
import io.llmrelay.provider.bedrock.BedrockDialect;
import io.llmrelay.provider.cloudflare.CloudflareDialect;
import io.llmrelay.provider.cohere.CohereDialect;
import io.llmrelay.provider.gemini.GeminiDialect;
import io.llmrelay.provider.ollama.OllamaDialect;
import io.llmrelay.provider.openai.OpenAiDialect;
import io.llmrelay.provider.responses.ResponsesDialect;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The registry of dialects. */
public final class Dialects {
  private static final Map<String, Dialect> ALL = new TreeMap<>();

  static {
    for (Dialect dialect :
        List.of(
            new OpenAiDialect(),
            new ResponsesDialect(),
            new AnthropicDialect(),
            new GeminiDialect(),
            new OllamaDialect(),
            new CloudflareDialect(),
            new CohereDialect(),
            new BedrockDialect())) {
      ALL.put(dialect.name(), dialect);
    }
  }

  private Dialects() {}

  /** Returns the names of all dialects. */
  public static Set<String> names() {
    return Set.copyOf(ALL.keySet());
  }

  /**
   * Returns the reason why a backend cannot serve a request, or {@code null} if it can.
   *
   * @throws IllegalArgumentException if there is no such dialect
   */
  public static String cannotServe(BackendOptions options, LlmRequest request) {
    Dialect dialect = of(options.getDialect());
    String reason = dialect.cannotServe(request, options);
    if (reason == null && request instanceof EmbeddingRequest embed) {
      EmbeddingFormat format = dialect.embeddings();
      reason = format == null ? "it has no embeddings" : format.problem(embed, options);
    }
    if (reason != null || options.getUnknownFields() != UnknownFields.REFUSE) {
      return reason;
    }
    List<String> unknown = request.unknownPaths();
    return unknown.isEmpty() ? null : unknown.get(0) + " is unknown, and unknown-fields is refuse";
  }

  /** Returns whether a backend continues the text of the assistant with which a request ends. */
  public static boolean continues(BackendOptions options, ChatRequest request) {
    return of(options.getDialect()).continues(request, options);
  }

  static Dialect of(String name) {
    Dialect dialect = name == null ? null : ALL.get(name);
    if (dialect == null) {
      throw new IllegalArgumentException(
          "unknown dialect " + name + ", there are " + String.join(", ", ALL.keySet()));
    }
    return dialect;
  }
}
