package io.llmrelay.provider;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.provider.anthropic.AnthropicDialect;
import io.llmrelay.provider.bedrock.BedrockDialect;
import io.llmrelay.provider.cloudflare.CloudflareDialect;
import io.llmrelay.provider.cohere.CohereDialect;
import io.llmrelay.provider.gemini.GeminiDialect;
import io.llmrelay.provider.ollama.OllamaDialect;
import io.llmrelay.provider.openai.OpenAiDialect;
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
   * Returns why a dialect cannot express the whole request, or {@code null} if it can.
   *
   * @throws IllegalArgumentException if there is no such dialect
   */
  public static String cannotServe(String dialect, ChatRequest request) {
    return of(dialect).cannotServe(request);
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
