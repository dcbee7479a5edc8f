package io.llmrelay.catalog;

import io.llmrelay.chat.TokenUsage;
import java.time.LocalDate;
import java.util.List;
import java.util.Objects;

/**
 * A price in US dollars per million tokens, with tiers by date and by length of the prompt.
 *
 * <p>A price is resolved in two steps. {@link #asOf} selects by day: the tiers of the latest date
 * that has come replace those of every other date. Among these, the tier with the highest {@code
 * fromInputTokens} that the prompt reaches applies to the whole request; if it reaches none, {@code
 * input}, {@code output} and {@code cachedInput} apply.
 *
 * @param input for tokens of the prompt
 * @param output for tokens of the answer, reasoning included
 * @param cachedInput for tokens of the prompt from the provider's cache; {@code null} if unknown,
 *     which charges them as {@code input}
 * @param cacheWrite for tokens of the prompt written to the provider's cache; {@code null} charges
 *     them as {@code input}. In a tier it changes as {@code input} does
 * @param tiers other prices for longer prompts or from a date on
 */
public record Price(
    double input, double output, Double cachedInput, Double cacheWrite, List<Tier> tiers) {
  private static final double PER_TOKENS = 1_000_000;

  /**
   * A price that applies instead.
   *
   * @param fromInputTokens the length of prompt from which it applies, in tokens; 0 for all
   * @param from the first day (UTC) on which it applies; {@code null} for a price that later dates
   *     replace
   */
  public record Tier(
      long fromInputTokens, LocalDate from, double input, double output, Double cachedInput) {}

  public Price {
    tiers = List.copyOf(tiers);
  }

  /** Creates a price without tiers. */
  public Price(double input, double output, Double cachedInput) {
    this(input, output, cachedInput, List.of());
  }

  /** Creates a price that charges tokens written to a cache as {@code input}. */
  public Price(double input, double output, Double cachedInput, List<Tier> tiers) {
    this(input, output, cachedInput, null, tiers);
  }

  /** Returns the price on a day, without dated tiers. */
  Price asOf(LocalDate day) {
    if (tiers.stream().allMatch(tier -> tier.from == null)) {
      return this;
    }
    LocalDate since =
        tiers.stream()
            .map(Tier::from)
            .filter(from -> from != null && !from.isAfter(day))
            .max(LocalDate::compareTo)
            .orElse(null);
    List<Tier> inForce =
        tiers.stream()
            .filter(tier -> Objects.equals(tier.from, since))
            .map(t -> new Tier(t.fromInputTokens, null, t.input, t.output, t.cachedInput))
            .toList();
    return new Price(input, output, cachedInput, cacheWrite, inForce);
  }

  /** Returns the cost of a usage. */
  double of(TokenUsage usage) {
    long cached = Math.min(usage.cachedInputTokens(), usage.inputTokens());
    long written = Math.min(usage.cacheWriteTokens(), usage.inputTokens() - cached);
    return of(usage.inputTokens(), cached, written, usage.outputTokens());
  }

  /** Returns the cost without cached tokens. */
  double of(long inputTokens, long outputTokens) {
    return of(inputTokens, 0, 0, outputTokens);
  }

  private double of(long inputTokens, long cached, long written, long outputTokens) {
    Tier tier = tier(inputTokens);
    double cachedPrice = tier.cachedInput == null ? tier.input : tier.cachedInput;
    double writePrice = cacheWrite == null ? tier.input : cacheWrite * tier.input / input;
    return ((inputTokens - cached - written) * tier.input
            + cached * cachedPrice
            + written * writePrice
            + outputTokens * tier.output)
        / PER_TOKENS;
  }

  private Tier tier(long inputTokens) {
    Tier best = new Tier(0, null, input, output, cachedInput);
    for (Tier tier : tiers) {
      if (tier.from == null
          && tier.fromInputTokens <= inputTokens
          && tier.fromInputTokens >= best.fromInputTokens) {
        best = tier;
      }
    }
    return best;
  }
}
