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
   * context-window, max-output, price: {input, output, cached-input, tiers: [{from-input-tokens,
   * from, input, output, cached-input}]}, capabilities, status, shutdown, replacement}}. Only
   * {@code id} is required. A model of which nothing else is said can stream, and is current.
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

  /** What is known of it on that day (UTC): its prices then, and whether it is still in service. */
  public Model asOf(LocalDate day) {
    Price then = price == null ? null : price.asOf(day);
    boolean gone = shutdown != null && !shutdown.isAfter(day);
    Status stands = gone ? Status.RETIRED : status;
    return Objects.equals(then, price) && stands == status
        ? this
        : new Model(
            provider,
            id,
            contextWindow,
            maxOutputTokens,
            then,
            capabilities,
            stands,
            shutdown,
            replacement);
  }

  /** What somebody who uses it should know of its end, or {@code null}. */
  public String warning() {
    if (status != Status.DEPRECATED && status != Status.RETIRED) {
      return null;
    }
    StringBuilder text = new StringBuilder(id).append(" is ");
    if (status == Status.RETIRED) {
      text.append("retired").append(shutdown == null ? "" : " since " + shutdown);
    } else {
      text.append("deprecated").append(shutdown == null ? "" : " and retires on " + shutdown);
    }
    return text.append(replacement == null ? "" : "; use " + replacement).toString();
  }

  /**
   * What an answer cost in US dollars by the prices of {@linkplain #asOf that day}; {@code null}
   * where price or usage is not known.
   */
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
    return price.of(inputTokens, expectedOutput(maxTokens, maxOutputTokens));
  }

  /**
   * How many tokens an answer is assumed to have.
   *
   * @param requestLimit the request's own limit, or {@code null}
   * @param modelLimit the model's, or {@code null}
   */
  public static int expectedOutput(Integer requestLimit, Integer modelLimit) {
    int output = EXPECTED_OUTPUT_TOKENS;
    output = requestLimit == null ? output : Math.min(output, requestLimit);
    return modelLimit == null ? output : Math.min(output, modelLimit);
  }
}
