package io.llmrelay.chat;

import io.vertx.core.json.JsonObject;
import java.util.Locale;

/**
 * The token counts of one answer.
 *
 * @param inputTokens all tokens of the prompt, including those read from or written to a cache
 * @param outputTokens all tokens that the model produced, including reasoning
 * @param cachedInputTokens the part of the input that was read from the provider's cache
 * @param cacheWriteTokens the part of the input that was written to the provider's cache
 * @param reasoningTokens the part of the output that was reasoning; 0 if not reported
 * @param source the origin of the counts
 */
public record TokenUsage(
    long inputTokens,
    long outputTokens,
    long cachedInputTokens,
    long cacheWriteTokens,
    long reasoningTokens,
    Source source) {

  /** The origin of the counts. */
  public enum Source {
    /** Reported by the provider. */
    PROVIDER,
    /** Estimated from the length of the texts, at least in part. */
    ESTIMATED,
    /** Neither reported nor estimated. */
    NONE
  }

  /** The unknown usage. */
  public static final TokenUsage NONE = new TokenUsage(0, 0, 0, 0, 0, Source.NONE);

  /** The assumed number of characters per token: the common rule of thumb for English. */
  public static final int CHARACTERS_PER_TOKEN = 4;

  /** The tokens of a prompt, as its provider has counted them. */
  public static TokenUsage counted(long inputTokens) {
    return new TokenUsage(inputTokens, 0, 0, 0, 0, Source.PROVIDER);
  }

  /** Estimates a usage from the number of characters of prompt and answer. */
  public static TokenUsage estimate(long inputCharacters, long outputCharacters) {
    return new TokenUsage(
        tokens(inputCharacters), tokens(outputCharacters), 0, 0, 0, Source.ESTIMATED);
  }

  /**
   * Returns the usage of an interrupted answer: the reported counts, raised to an estimate for the
   * delivered text if that is higher. Many providers count only at the end, and report 0 or 1
   * before.
   *
   * @param reported the usage that the provider reported; {@link #NONE} if it reported none
   * @param outputCharacters the characters delivered; if 0, the reported usage is returned
   */
  public static TokenUsage atLeast(
      TokenUsage reported, long inputCharacters, long outputCharacters) {
    TokenUsage delivered = estimate(inputCharacters, outputCharacters);
    boolean hasInput = reported.inputTokens > 0;
    if (outputCharacters == 0 || hasInput && delivered.outputTokens <= reported.outputTokens) {
      return reported;
    }
    return new TokenUsage(
        hasInput ? reported.inputTokens : delivered.inputTokens,
        Math.max(reported.outputTokens, delivered.outputTokens),
        reported.cachedInputTokens,
        reported.cacheWriteTokens,
        reported.reasoningTokens,
        Source.ESTIMATED);
  }

  /**
   * Returns the maximum of each count of two usages of one answer, with the more reliable source.
   */
  public TokenUsage max(TokenUsage other) {
    return new TokenUsage(
        Math.max(inputTokens, other.inputTokens),
        Math.max(outputTokens, other.outputTokens),
        Math.max(cachedInputTokens, other.cachedInputTokens),
        Math.max(cacheWriteTokens, other.cacheWriteTokens),
        Math.max(reasoningTokens, other.reasoningTokens),
        source.compareTo(other.source) <= 0 ? source : other.source);
  }

  /** Returns the sum of the usages of two answers, with the less reliable source. */
  public TokenUsage plus(TokenUsage other) {
    if (source == Source.NONE || other.source == Source.NONE) {
      return source == Source.NONE ? other : this;
    }
    return new TokenUsage(
        inputTokens + other.inputTokens,
        outputTokens + other.outputTokens,
        cachedInputTokens + other.cachedInputTokens,
        cacheWriteTokens + other.cacheWriteTokens,
        reasoningTokens + other.reasoningTokens,
        source.compareTo(other.source) >= 0 ? source : other.source);
  }

  private static long tokens(long characters) {
    return (characters + CHARACTERS_PER_TOKEN - 1) / CHARACTERS_PER_TOKEN;
  }

  /** Returns the sum of input and output tokens. */
  public long totalTokens() {
    return inputTokens + outputTokens;
  }

  /** Returns whether there are no tokens; some backends send such a usage after the real one. */
  public boolean isZero() {
    return inputTokens == 0 && outputTokens == 0;
  }

  /** Returns the JSON form, as it crosses the event bus. */
  public JsonObject toJson() {
    return new JsonObject()
        .put("input_tokens", inputTokens)
        .put("output_tokens", outputTokens)
        .put("cached_input_tokens", cachedInputTokens)
        .put("cache_write_tokens", cacheWriteTokens)
        .put("reasoning_tokens", reasoningTokens)
        .put("source", source.name().toLowerCase(Locale.ROOT));
  }

  /** Reads the JSON form. */
  public static TokenUsage fromJson(JsonObject json) {
    if (json == null) {
      return NONE;
    }
    return new TokenUsage(
        json.getLong("input_tokens", 0L),
        json.getLong("output_tokens", 0L),
        json.getLong("cached_input_tokens", 0L),
        json.getLong("cache_write_tokens", 0L),
        json.getLong("reasoning_tokens", 0L),
        WireNames.find(Source.values(), json.getString("source", "none"), Source.ESTIMATED));
  }
}
