package io.llmrelay.catalog;

import io.llmrelay.chat.TokenUsage;

/**
 * US dollars per million tokens.
 *
 * @param input for tokens of the prompt
 * @param output for tokens the model produced, reasoning included
 * @param cachedInput for tokens of the prompt that came from the provider's cache; {@code null}
 *     where that is not known, and then they are priced like the others
 */
public record Price(double input, double output, Double cachedInput) {
  private static final double PER_TOKENS = 1_000_000;

  /** What these tokens cost. Tokens written to a cache are priced as input. */
  double of(TokenUsage usage) {
    long cached = Math.min(usage.cachedInputTokens(), usage.inputTokens());
    double cachedPrice = cachedInput == null ? input : cachedInput;
    return ((usage.inputTokens() - cached) * input
            + cached * cachedPrice
            + usage.outputTokens() * output)
        / PER_TOKENS;
  }

  /** What these tokens cost with nothing cached. */
  double of(long inputTokens, long outputTokens) {
    return (inputTokens * input + outputTokens * output) / PER_TOKENS;
  }
}
