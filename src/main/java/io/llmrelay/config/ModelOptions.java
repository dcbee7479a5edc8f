package io.llmrelay.config;

import io.vertx.core.json.JsonObject;
import java.time.LocalDate;
import java.util.List;

/**
 * One entry of the user's own catalogue; it goes before what the built-in catalogue knows.
 *
 * @param id the model's id, as the backend knows it
 * @param provider the provider or backend whose model it is; {@code null} for every one
 * @param contextWindow most tokens of prompt and answer together; {@code null} if unknown
 * @param maxOutput most tokens of the answer; {@code null} if unknown
 * @param price what it costs; {@code null} if unknown
 * @param capabilities what it can do, of {@link #CAPABILITIES}; {@code null} for streaming only
 * @param status where it stands in its life, one of {@link #STATUSES}; {@code null} for current
 * @param shutdown the day it goes out of service; {@code null} if none is announced
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

  public static final List<String> CAPABILITIES =
      List.of("streaming", "tools", "vision", "reasoning");

  public static final List<String> STATUSES =
      List.of("preview", "current", "legacy", "deprecated", "retired");

  /** A current model that can stream. */
  public ModelOptions(
      String id, String provider, Integer contextWindow, Integer maxOutput, Price price) {
    this(id, provider, contextWindow, maxOutput, price, null, null, null, null);
  }

  /**
   * US dollars per million tokens.
   *
   * @param input for the prompt
   * @param output for the answer, reasoning included
   * @param cachedInput for the part of the prompt read from the provider's cache; {@code null}: as
   *     {@code input}
   * @param tiers what is charged instead for long prompts or from a day on; {@code null} for none
   */
  public record Price(Double input, Double output, Double cachedInput, List<Tier> tiers) {
    /** One price for every prompt and every day. */
    public Price(Double input, Double output, Double cachedInput) {
      this(input, output, cachedInput, null);
    }
  }

  /**
   * What is charged instead. The tiers of the latest date that has come replace those of all other
   * dates; of them the one with the highest {@code fromInputTokens} that a prompt reaches prices
   * the whole request.
   *
   * @param fromInputTokens for prompts of at least so many tokens; {@code null} for all
   * @param from since that day (UTC); {@code null} for as long as no other day has come
   */
  public record Tier(
      Integer fromInputTokens, LocalDate from, Double input, Double output, Double cachedInput) {}

  /** As it is written in a configuration. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }
}
