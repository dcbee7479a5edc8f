package io.llmrelay.catalog;

import io.llmrelay.chat.TokenUsage;
import io.vertx.core.json.JsonObject;
import java.time.LocalDate;
import java.util.Objects;
import java.util.Set;

/**
 * A model at a provider.
 *
 * @param provider the provider, such as {@code groq}; {@code null} in a configured entry that
 *     applies to every provider
 * @param id the id of the model at the provider
 * @param contextWindow the longest prompt in tokens, {@code null} if unknown; at some providers the
 *     answer counts towards it
 * @param maxOutputTokens the longest answer in tokens, {@code null} if unknown
 * @param price {@code null} if unknown; a price of zero is free
 * @param capabilities the capabilities; empty if unknown
 * @param status the stage of the lifecycle
 * @param shutdown the day (UTC) on which the model is retired; {@code null} if none is announced
 * @param replacement the id of the model that the provider recommends instead, or {@code null}
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

  /** A stage of a model's lifecycle. */
  public enum Status {
    PREVIEW,
    CURRENT,
    /** Still served, but superseded by a newer model. */
    LEGACY,
    /** Its retirement is announced. */
    DEPRECATED,
    /** No longer served. */
    RETIRED
  }

  /** The length of an answer that {@link #estimate} assumes, in tokens. */
  public static final int EXPECTED_OUTPUT_TOKENS = 500;

  public Model {
    Objects.requireNonNull(id);
    Objects.requireNonNull(status);
    capabilities = Set.copyOf(capabilities);
  }

  /**
   * Reads an entry of the data file or of the user's configuration: {@code {id, provider,
   * context-window, max-output, price: {input, output, cached-input, cache-write, tiers:
   * [{from-input-tokens, from, input, output, cached-input}]}, capabilities, status, shutdown,
   * replacement}}. Only {@code id} is required; by default a model is current.
   *
   * @throws IllegalArgumentException if a key is unknown or its value is wrong; the message begins
   *     with the key
   */
  public static Model fromJson(JsonObject json) {
    return ModelJson.read(json);
  }

  /** Returns whether the model is known to have a capability. */
  public boolean can(Capability capability) {
    return capabilities.contains(capability);
  }

  /** Returns whether the model reasons before it answers. */
  public boolean reasoning() {
    return can(Capability.REASONING);
  }

  /** Whether the model returns embeddings and nothing else. */
  public boolean embedsOnly() {
    return can(Capability.EMBEDDINGS) && !can(Capability.STREAMING);
  }

  /** Returns the model with its prices and status on a day (UTC). */
  public Model asOf(LocalDate day) {
    Price priceThen = price == null ? null : price.asOf(day);
    boolean retired = shutdown != null && !shutdown.isAfter(day);
    Status statusThen = retired ? Status.RETIRED : status;
    return Objects.equals(priceThen, price) && statusThen == status
        ? this
        : new Model(
            provider,
            id,
            contextWindow,
            maxOutputTokens,
            priceThen,
            capabilities,
            statusThen,
            shutdown,
            replacement);
  }

  /** Returns a warning about a deprecated or retired model, or {@code null}. */
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
   * Returns the cost of an answer in US dollars; {@code null} if the price or the usage is unknown.
   */
  public Double cost(TokenUsage usage) {
    return price == null || usage.source() == TokenUsage.Source.NONE ? null : price.cost(usage);
  }

  /**
   * Estimates the cost of a request in US dollars, to compare candidates; {@code null} if the price
   * is unknown. Assumes an answer of {@value #EXPECTED_OUTPUT_TOKENS} tokens for every model, or
   * the limit of the request or of the model if that is lower, and no cached tokens.
   *
   * @param inputTokens the length of the prompt
   * @param maxTokens the most tokens that the request permits for the answer, or {@code null}
   */
  public Double estimate(long inputTokens, Integer maxTokens) {
    if (price == null) {
      return null;
    }
    return price.cost(inputTokens, expectedOutput(maxTokens, maxOutputTokens));
  }

  /**
   * Returns the number of tokens an answer is assumed to have.
   *
   * @param requestLimit the limit of the request, or {@code null}
   * @param modelLimit the limit of the model, or {@code null}
   */
  public static int expectedOutput(Integer requestLimit, Integer modelLimit) {
    int output = EXPECTED_OUTPUT_TOKENS;
    output = requestLimit == null ? output : Math.min(output, requestLimit);
    return modelLimit == null ? output : Math.min(output, modelLimit);
  }
}
