package io.llmrelay.config;

import io.vertx.core.json.JsonObject;

/**
 * One entry of the user's own catalogue; it goes before what the built-in catalogue knows.
 *
 * @param id the model's id, as the backend knows it
 * @param provider the provider or backend whose model it is; {@code null} for every one
 * @param contextWindow most tokens of prompt and answer together; {@code null} if unknown
 * @param maxOutput most tokens of the answer; {@code null} if unknown
 * @param price what it costs; {@code null} if unknown
 */
public record ModelOptions(
    String id, String provider, Integer contextWindow, Integer maxOutput, Price price) {

  /**
   * US dollars per million tokens.
   *
   * @param input for the prompt
   * @param output for the answer, reasoning included
   * @param cachedInput for the part of the prompt read from the provider's cache; {@code null}: as
   *     {@code input}
   */
  public record Price(Double input, Double output, Double cachedInput) {}

  /** As it is written in a configuration. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }
}
