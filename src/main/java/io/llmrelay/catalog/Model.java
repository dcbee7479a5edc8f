package io.llmrelay.catalog;

import io.llmrelay.chat.TokenUsage;
import io.vertx.core.json.JsonObject;
import java.time.LocalDate;
import java.util.Objects;
import java.util.Set;

/**
 * What is known about one model at one provider.
 *
 * @param provider who serves it, such as {@code groq}; {@code null} in an entry of the user's own
 *     that holds whoever serves it
 * @param id the name the provider knows it by
 * @param contextWindow the longest prompt in tokens, {@code null} if unknown; at some providers the
 *     answer has to fit in as well
 * @param maxOutputTokens the longest answer in tokens, {@code null} if unknown
 * @param price {@code null} if unknown; a price of zero is free
 * @param capabilities what it can do
 * @param status where it stands in its life
 * @param shutdown the day it goes, or went, out of service; {@code null} if none is announced
 * @param replacement the id of the model its provider recommends instead, or {@code null}
 */
public record Model(
    String provider,
    String id,
    Integer contextWindow,
    Integer maxOutputTokens,
    Price price,
    Set<Capability> capabilities,
    Status status,
    LocalDate shutdown,
    String replacement) {

  /** Where a model stands in its life. */
  public enum Status {
    PREVIEW,
    CURRENT,
    /** Still served, but there are newer ones. */
    LEGACY,
    /** Its end is announced. */
    DEPRECATED,
    /** No longer served. */
    RETIRED
  }

  /** The answer's length that {@link #estimate} assumes, in tokens. */
  public static final int EXPECTED_OUTPUT_TOKENS = 500;

  public Model {
    Objects.requireNonNull(id);
    Objects.requireNonNull(status);
    capabilities = Set.copyOf(capabilities);
  }

  /**
   * Reads an entry of the data file or of the user's configuration: {@code {id, provider,
   * context-window, max-output, price: {input, output, cached-input}, capabilities, status,
   * shutdown, replacement}}. Only {@code id} is required. A model of which nothing else is said can
   * stream, and is current.
   *
   * @throws IllegalArgumentException if a key is unknown or its value is wrong; the message begins
   *     with the key
   */
  public static Model fromJson(JsonObject json) {
    return ModelJson.read(json);
  }

  public boolean can(Capability capability) {
    return capabilities.contains(capability);
  }

  /** Whether it thinks before it answers. */
  public boolean reasoning() {
    return can(Capability.REASONING);
  }

  /** What an answer cost in US dollars; {@code null} where price or usage is not known. */
  public Double cost(TokenUsage usage) {
    return price == null || usage.source() == TokenUsage.Source.NONE ? null : price.of(usage);
  }

  /**
   * What a request will cost in US dollars, to compare candidates by; {@code null} where the price
   * is not known. How long the answer will be nobody knows: {@value #EXPECTED_OUTPUT_TOKENS} tokens
   * are assumed for every model alike, or less where the request or the model allows only less.
   * Nothing is assumed to be cached.
   *
   * @param inputTokens the prompt's length
   * @param maxTokens the request's own limit of the answer, or {@code null}
   */
  public Double estimate(long inputTokens, Integer maxTokens) {
    if (price == null) {
      return null;
    }
    int output = EXPECTED_OUTPUT_TOKENS;
    if (maxTokens != null) {
      output = Math.min(output, maxTokens);
    }
    if (maxOutputTokens != null) {
      output = Math.min(output, maxOutputTokens);
    }
    return price.of(inputTokens, output);
  }
}
