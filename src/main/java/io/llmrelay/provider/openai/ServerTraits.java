package io.llmrelay.provider.openai;

import java.util.List;
import java.util.Map;

/**
 * What servers of this dialect do differently: all of it is here.
 *
 * @param maxTokens the field that limits the answer
 * @param seed the field that holds the seed
 * @param asksUsage whether {@code stream_options.include_usage} may be sent
 * @param reasoning the fields of a delta that hold reasoning; of several, the first counts
 * @param usage where a stream's usage stands; it is read wherever it stands
 * @param keyHeader the header that carries the key as it is; {@code null} for a bearer token
 */
record ServerTraits(
    String maxTokens,
    String seed,
    boolean asksUsage,
    List<String> reasoning,
    Usage usage,
    String keyHeader) {

  /** Where a stream's usage stands. */
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

  /** Text and thinking as parts of an array; it is read from every server that sends one. */
  static final String THINKING_PARTS = "content[].thinking";

  private static final ServerTraits DEFAULT =
      limitedBy(MAX_TOKENS).thinksIn(REASONING_CONTENT, REASONING);

  private static final Map<String, ServerTraits> BY_PROVIDER =
      Map.ofEntries(
          Map.entry("openai", limitedBy(MAX_COMPLETION_TOKENS)),
          Map.entry("azure", limitedBy(MAX_COMPLETION_TOKENS).keyIn("api-key")),
          Map.entry(
              "groq",
              limitedBy(MAX_COMPLETION_TOKENS).thinksIn(REASONING).counts(Usage.FINISH_CHUNK)),
          Map.entry(
              "cerebras",
              limitedBy(MAX_COMPLETION_TOKENS).thinksIn(REASONING).counts(Usage.FINISH_CHUNK)),
          Map.entry("nvidia", DEFAULT.counts(Usage.EVERY_CHUNK)),
          Map.entry("cloudflare", DEFAULT.counts(Usage.FINISH_CHUNK)),
          Map.entry("gemini", limitedBy(MAX_TOKENS)),
          Map.entry(
              "mistral",
              limitedBy(MAX_TOKENS)
                  .thinksIn(THINKING_PARTS)
                  .counts(Usage.FINISH_CHUNK)
                  .seededBy("random_seed")
                  .neverAsked()),
          Map.entry(
              "deepseek",
              limitedBy(MAX_TOKENS).thinksIn(REASONING_CONTENT).counts(Usage.FINISH_CHUNK)),
          Map.entry("openrouter", limitedBy(MAX_TOKENS).thinksIn(REASONING)),
          Map.entry("xai", limitedBy(MAX_COMPLETION_TOKENS).thinksIn(REASONING_CONTENT)),
          Map.entry("ollama", limitedBy(MAX_TOKENS).thinksIn(REASONING)),
          Map.entry("vllm", DEFAULT),
          Map.entry("llamacpp", limitedBy(MAX_TOKENS).thinksIn(REASONING_CONTENT)));

  /** The traits of a provider; an unknown one, or {@code null}, has the usual ones. */
  static ServerTraits of(String provider) {
    return provider == null ? DEFAULT : BY_PROVIDER.getOrDefault(provider, DEFAULT);
  }

  private static ServerTraits limitedBy(String field) {
    return new ServerTraits(field, "seed", true, List.of(), Usage.LAST_CHUNK, null);
  }

  private ServerTraits thinksIn(String... fields) {
    return new ServerTraits(maxTokens, seed, asksUsage, List.of(fields), usage, keyHeader);
  }

  private ServerTraits counts(Usage where) {
    return new ServerTraits(maxTokens, seed, asksUsage, reasoning, where, keyHeader);
  }

  private ServerTraits seededBy(String field) {
    return new ServerTraits(maxTokens, field, asksUsage, reasoning, usage, keyHeader);
  }

  private ServerTraits neverAsked() {
    return new ServerTraits(maxTokens, seed, false, reasoning, usage, keyHeader);
  }

  private ServerTraits keyIn(String header) {
    return new ServerTraits(maxTokens, seed, asksUsage, reasoning, usage, header);
  }
}
