package io.llmrelay.provider.openai;

import java.util.List;
import java.util.Map;

/**
 * The differences between servers of this dialect.
 *
 * @param maxTokens the request field for the maximum of tokens
 * @param seed the request field for the seed; {@code null} if the server refuses it
 * @param asksUsage whether {@code stream_options.include_usage} may be sent
 * @param reasoning the fields of a delta that hold reasoning, in order of preference
 * @param usage the part of a stream that holds the usage, for documentation; it is read anywhere
 * @param keyHeader the header that carries the key as it is; {@code null} for a bearer token
 */
record ServerTraits(
    String maxTokens,
    String seed,
    boolean asksUsage,
    List<String> reasoning,
    Usage usage,
    String keyHeader) {

  /** The part of a stream that holds the usage. */
  enum Usage {
    LAST_CHUNK("last chunk"),
    FINISH_CHUNK("with the finish reason"),
    EVERY_CHUNK("every chunk, cumulative");

    private final String text;

    Usage(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  private static final String MAX_TOKENS = "max_tokens";
  private static final String MAX_COMPLETION_TOKENS = "max_completion_tokens";
  private static final String REASONING = "reasoning";
  private static final String REASONING_CONTENT = "reasoning_content";

  /** The field for reasoning in parts of the content, which is read from every server. */
  static final String THINKING_PARTS = "content[].thinking";

  private static final ServerTraits DEFAULT =
      maxTokensIn(MAX_TOKENS).reasoningIn(REASONING_CONTENT, REASONING);

  private static final Map<String, ServerTraits> BY_PROVIDER =
      Map.ofEntries(
          Map.entry("openai", maxTokensIn(MAX_COMPLETION_TOKENS)),
          Map.entry("azure", maxTokensIn(MAX_COMPLETION_TOKENS).keyIn("api-key")),
          Map.entry(
              "groq",
              maxTokensIn(MAX_COMPLETION_TOKENS)
                  .reasoningIn(REASONING)
                  .usageIn(Usage.FINISH_CHUNK)),
          Map.entry(
              "cerebras",
              maxTokensIn(MAX_COMPLETION_TOKENS)
                  .reasoningIn(REASONING)
                  .usageIn(Usage.FINISH_CHUNK)),
          Map.entry("nvidia", DEFAULT.usageIn(Usage.EVERY_CHUNK)),
          Map.entry("cloudflare", DEFAULT.usageIn(Usage.FINISH_CHUNK)),
          Map.entry("gemini", maxTokensIn(MAX_TOKENS).seedIn(null)),
          Map.entry(
              "mistral",
              maxTokensIn(MAX_TOKENS)
                  .reasoningIn(THINKING_PARTS)
                  .usageIn(Usage.FINISH_CHUNK)
                  .seedIn("random_seed")
                  .withoutStreamOptions()),
          Map.entry(
              "deepseek",
              maxTokensIn(MAX_TOKENS).reasoningIn(REASONING_CONTENT).usageIn(Usage.FINISH_CHUNK)),
          Map.entry("openrouter", maxTokensIn(MAX_TOKENS).reasoningIn(REASONING)),
          Map.entry("xai", maxTokensIn(MAX_COMPLETION_TOKENS).reasoningIn(REASONING_CONTENT)),
          Map.entry("ollama", maxTokensIn(MAX_TOKENS).reasoningIn(REASONING)),
          Map.entry("vllm", DEFAULT),
          Map.entry("llamacpp", maxTokensIn(MAX_TOKENS).reasoningIn(REASONING_CONTENT)));

  /** Returns the traits of a provider, or the defaults if it is unknown or {@code null}. */
  static ServerTraits of(String provider) {
    return provider == null ? DEFAULT : BY_PROVIDER.getOrDefault(provider, DEFAULT);
  }

  private static ServerTraits maxTokensIn(String field) {
    return new ServerTraits(field, "seed", true, List.of(), Usage.LAST_CHUNK, null);
  }

  private ServerTraits reasoningIn(String... fields) {
    return new ServerTraits(maxTokens, seed, asksUsage, List.of(fields), usage, keyHeader);
  }

  private ServerTraits usageIn(Usage where) {
    return new ServerTraits(maxTokens, seed, asksUsage, reasoning, where, keyHeader);
  }

  private ServerTraits seedIn(String field) {
    return new ServerTraits(maxTokens, field, asksUsage, reasoning, usage, keyHeader);
  }

  private ServerTraits withoutStreamOptions() {
    return new ServerTraits(maxTokens, seed, false, reasoning, usage, keyHeader);
  }

  private ServerTraits keyIn(String header) {
    return new ServerTraits(maxTokens, seed, asksUsage, reasoning, usage, header);
  }
}
