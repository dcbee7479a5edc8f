package io.llmrelay.catalog;

import io.llmrelay.chat.TokenUsage;
import java.time.LocalDate;
import java.util.List;
import java.util.Objects;

/**
 * US dollars per million tokens, and where other prices apply.
 *
 * <p>Prices are read in two steps. {@link #asOf} takes the day: the tiers of the latest date that
 * has come replace those of every other date. What is left is by the prompt's length: the tier with
 * the highest {@code fromInputTokens} that the prompt reaches prices the whole request, and where
 * it reaches none, {@code input}, {@code output} and {@code cachedInput} do.
 *
 * @param input for tokens of the prompt
 * @param output for tokens the model produced, reasoning included
 * @param cachedInput for tokens of the prompt that came from the provider's cache; {@code null}
 *     where that is not known, and then they are priced like the others
 * @param tiers the exceptions
 */
public record Price(double input, double output, Double cachedInput, List<Tier> tiers) {
  private static final double PER_TOKENS = 1_000_000;

  /**
   * What is charged instead.
   *
   * @param fromInputTokens for prompts of at least so many tokens; 0 for all
   * @param from since that day (UTC); {@code null} for as long as no other day has come
   */
  public record Tier(
      long fromInputTokens, LocalDate from, double input, double output, Double cachedInput) {}

  public Price {
    tiers = List.copyOf(tiers);
  }

  /** One price for every prompt and every day. */
  public Price(double input, double output, Double cachedInput) {
    this(input, output, cachedInput, List.of());
  }

  /** The prices of that day, with no more dates in them. */
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
    return new Price(input, output, cachedInput, inForce);
  }

  /** What these tokens cost. Tokens written to a cache are priced as input. */
  double of(TokenUsage usage) {
    long cached = Math.min(usage.cachedInputTokens(), usage.inputTokens());
    return of(usage.inputTokens(), cached, usage.outputTokens());
  }

  /** What these tokens cost with nothing cached. */
  double of(long inputTokens, long outputTokens) {
    return of(inputTokens, 0, outputTokens);
  }

  private double of(long inputTokens, long cached, long outputTokens) {
    Tier tier = tier(inputTokens);
    double cachedPrice = tier.cachedInput == null ? tier.input : tier.cachedInput;
    return ((inputTokens - cached) * tier.input + cached * cachedPrice + outputTokens * tier.output)
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
