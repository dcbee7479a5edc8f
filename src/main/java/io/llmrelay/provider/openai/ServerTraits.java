package io.llmrelay.provider.openai;

import java.util.List;
import java.util.Map;

/**
 * What servers of this dialect do differently.
 *
 * @param maxTokens the field that limits the answer
 * @param seed the field that holds the seed
 * @param asksUsage whether {@code stream_options.include_usage} may be sent
 * @param reasoning the fields of a delta that hold reasoning; of several, the first counts
 */
record ServerTraits(String maxTokens, String seed, boolean asksUsage, List<String> reasoning) {
  private static final String MAX_TOKENS = "max_tokens";
  private static final String MAX_COMPLETION_TOKENS = "max_completion_tokens";
  private static final List<String> ANY_REASONING = List.of("reasoning_content", "reasoning");

  private static final ServerTraits DEFAULT =
      new ServerTraits(MAX_TOKENS, "seed", true, ANY_REASONING);

  private static final Map<String, ServerTraits> BY_PROVIDER =
      Map.of(
          "openai", new ServerTraits(MAX_COMPLETION_TOKENS, "seed", true, ANY_REASONING),
          "azure", new ServerTraits(MAX_COMPLETION_TOKENS, "seed", true, ANY_REASONING),
          "groq", new ServerTraits(MAX_COMPLETION_TOKENS, "seed", true, List.of("reasoning")),
          "cerebras", new ServerTraits(MAX_COMPLETION_TOKENS, "seed", true, List.of("reasoning")),
          "nvidia", new ServerTraits(MAX_TOKENS, "seed", true, ANY_REASONING),
          "mistral", new ServerTraits(MAX_TOKENS, "random_seed", false, ANY_REASONING));

  /** The traits of a provider; an unknown one, or {@code null}, has the usual ones. */
  static ServerTraits of(String provider) {
    return provider == null ? DEFAULT : BY_PROVIDER.getOrDefault(provider, DEFAULT);
  }
}
