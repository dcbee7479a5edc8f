package io.llmrelay.config;

import io.vertx.core.json.JsonObject;
import java.time.LocalDate;
import java.util.List;

/**
 * A model in the user's catalogue, which takes precedence over the built-in catalogue.
 *
 * @param id the model's id at the backend
 * @param provider the provider or backend that the entry applies to; {@code null} for all
 * @param contextWindow the maximum tokens of input and output together; {@code null} if unknown
 * @param maxOutput the maximum output tokens; {@code null} if unknown
 * @param price the price; {@code null} if unknown
 * @param capabilities some of {@link #CAPABILITIES}; {@code null} for streaming only
 * @param status the lifecycle status, one of {@link #STATUSES}; {@code null} for current
 * @param shutdown the day of its shutdown; {@code null} if none is announced
 * @param replacement the id of the model to use instead, or {@code null}
 */
public record ModelOptions(
    String id,
    String provider,
    Integer contextWindow,
    Integer maxOutput,
    Price price,
    List<String> capabilities,
    String status,
    LocalDate shutdown,
    String replacement) {

  /** The names of capabilities. */
  public static final List<String> CAPABILITIES =
      List.of("streaming", "tools", "vision", "reasoning", "embeddings");

  /** The names of states in the lifecycle. */
  public static final List<String> STATUSES =
      List.of("preview", "current", "legacy", "deprecated", "retired");

  /** Creates a model with the default status and capabilities. */
  public ModelOptions(
      String id, String provider, Integer contextWindow, Integer maxOutput, Price price) {
    this(id, provider, contextWindow, maxOutput, price, null, null, null, null);
  }

  /**
   * Prices in US dollars per million tokens.
   *
   * @param input for input tokens
   * @param output for output tokens, reasoning included
   * @param cachedInput for input tokens read from the provider's cache; {@code null}: as {@code
   *     input}
   * @param cacheWrite for input tokens written to the provider's cache; {@code null}: as {@code
   *     input}. A tier changes it in proportion to {@code input}
   * @param tiers prices for long prompts or from a date on; {@code null} for none
   */
  public record Price(
      Double input, Double output, Double cachedInput, Double cacheWrite, List<Tier> tiers) {
    /** Creates a price without tiers. */
    public Price(Double input, Double output, Double cachedInput) {
      this(input, output, cachedInput, null, null);
    }
  }

  /**
   * A price that applies from an input size or a date on. The tiers of the latest date that has
   * been reached replace those of all other dates; among them the one with the highest {@code
   * fromInputTokens} that the input reaches applies to the whole request.
   *
   * @param fromInputTokens the minimum number of input tokens; {@code null} for all requests
   * @param from the first day (UTC) on which the tier applies; {@code null} until the date of
   *     another tier is reached
   */
  public record Tier(
      Integer fromInputTokens, LocalDate from, Double input, Double output, Double cachedInput) {}

  /** Returns the JSON form of the configuration. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }
}
