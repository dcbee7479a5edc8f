package io.llmrelay.catalog;

import io.llmrelay.chat.TokenUsage;
import java.time.LocalDate;
import java.util.List;
import java.util.Objects;

/**
 * A price in US dollars per million tokens, with tiers by date and by length of the prompt.
 *
 * <p>A price is resolved in two steps. {@link #asOf} selects tiers by day: only those with the
 * latest {@code from} on or before the day apply or, if there is none yet, those without a date.
 * Among these, the tier with the highest {@code fromInputTokens} that the prompt reaches applies to
 * the whole request; if it reaches none, {@code input}, {@code output} and {@code cachedInput}
 * apply.
 *
 * @param input the price of prompt tokens
 * @param output the price of answer tokens, reasoning included
 * @param cachedInput the price of prompt tokens read from the provider's cache; {@code null} if
 *     unknown, which charges them as {@code input}
 * @param cacheWrite the price of prompt tokens written to the provider's cache; {@code null}
 *     charges them as {@code input}. Tiers scale it by the ratio of their {@code input} to this one
 * @param tiers the prices of longer prompts or from a date on
 */
public record Price(
    double input, double output, Double cachedInput, Double cacheWrite, List<Tier> tiers) {
  private static final double MILLION = 1_000_000;

  /**
   * Prices that replace the base prices of longer prompts or from a date on.
   *
   * @param fromInputTokens the shortest prompt to which the tier applies, in tokens; 0 for all
   * @param from the first day (UTC) on which the tier applies; {@code null} for a tier that applies
   *     until the first dated one does
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

  /** Returns the price that applies on a day; its tiers have no dates. */
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

  /** Returns the cost of a usage in US dollars. */
  double cost(TokenUsage usage) {
    long cached = Math.min(usage.cachedInputTokens(), usage.inputTokens());
    long written = Math.min(usage.cacheWriteTokens(), usage.inputTokens() - cached);
    return cost(usage.inputTokens(), cached, written, usage.outputTokens());
  }

  /** Returns the cost in US dollars of a request without cached tokens. */
  double cost(long inputTokens, long outputTokens) {
    return cost(inputTokens, 0, 0, outputTokens);
  }

  private double cost(long inputTokens, long cached, long written, long outputTokens) {
    Tier tier = tier(inputTokens);
    double cachedPrice = tier.cachedInput == null ? tier.input : tier.cachedInput;
    double ratio = input == 0 ? 1 : tier.input / input;
    double writePrice = cacheWrite == null ? tier.input : cacheWrite * ratio;
    return ((inputTokens - cached - written) * tier.input
            + cached * cachedPrice
            + written * writePrice
            + outputTokens * tier.output)
        / MILLION;
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
