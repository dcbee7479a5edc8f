package io.llmrelay.chat;

import io.vertx.core.json.JsonObject;
import java.util.Locale;

/**
 * The tokens of one answer.
 *
 * @param inputTokens all tokens of the prompt, those read from or written to a cache included
 * @param outputTokens all tokens the model produced, reasoning included
 * @param cachedInputTokens the part of the input that was read from the provider's cache
 * @param cacheWriteTokens the part of the input that was written to the provider's cache
 * @param reasoningTokens the part of the output that was reasoning, as far as the provider says
 * @param source who counted
 */
public record TokenUsage(
    long inputTokens,
    long outputTokens,
    long cachedInputTokens,
    long cacheWriteTokens,
    long reasoningTokens,
    Source source) {

  /** Who counted the tokens. */
  public enum Source {
    /** The provider said so. */
    PROVIDER,
    /** The provider said nothing; derived from the length of the texts. */
    ESTIMATED,
    /** Nothing is known. */
    NONE
  }

  /** Nothing is known. */
  public static final TokenUsage NONE = new TokenUsage(0, 0, 0, 0, 0, Source.NONE);

  /** Four characters of text to a token: the usual rule of thumb for English. */
  public static final int CHARACTERS_PER_TOKEN = 4;

  /** A usage guessed from the number of characters of prompt and answer. */
  public static TokenUsage estimate(long inputCharacters, long outputCharacters) {
    return new TokenUsage(
        tokens(inputCharacters), tokens(outputCharacters), 0, 0, 0, Source.ESTIMATED);
  }

  /**
   * The usage of an answer that broke off: what the provider said, but no less than what was
   * delivered. Many providers count at the end only, and say 0 or 1 before.
   *
   * @param said what the provider said, {@link #NONE} if nothing
   * @param outputCharacters how much was delivered; 0 leaves what was said
   */
  public static TokenUsage atLeast(TokenUsage said, long inputCharacters, long outputCharacters) {
    TokenUsage delivered = estimate(inputCharacters, outputCharacters);
    boolean input = said.inputTokens == 0;
    if (outputCharacters == 0 || !input && delivered.outputTokens <= said.outputTokens) {
      return said;
    }
    return new TokenUsage(
        input ? delivered.inputTokens : said.inputTokens,
        Math.max(said.outputTokens, delivered.outputTokens),
        said.cachedInputTokens,
        said.cacheWriteTokens,
        said.reasoningTokens,
        Source.ESTIMATED);
  }

  /** The greater of each count, for usages of the same answer; the sources rank as declared. */
  public TokenUsage max(TokenUsage other) {
    return new TokenUsage(
        Math.max(inputTokens, other.inputTokens),
        Math.max(outputTokens, other.outputTokens),
        Math.max(cachedInputTokens, other.cachedInputTokens),
        Math.max(cacheWriteTokens, other.cacheWriteTokens),
        Math.max(reasoningTokens, other.reasoningTokens),
        source.compareTo(other.source) <= 0 ? source : other.source);
  }

  private static long tokens(long characters) {
    return (characters + CHARACTERS_PER_TOKEN - 1) / CHARACTERS_PER_TOKEN;
  }

  /** Input and output together. */
  public long totalTokens() {
    return inputTokens + outputTokens;
  }

  /** Whether there is nothing in it; some backends send such a usage after the real one. */
  public boolean isZero() {
    return inputTokens == 0 && outputTokens == 0;
  }

  public JsonObject toJson() {
    return new JsonObject()
        .put("input_tokens", inputTokens)
        .put("output_tokens", outputTokens)
        .put("cached_input_tokens", cachedInputTokens)
        .put("cache_write_tokens", cacheWriteTokens)
        .put("reasoning_tokens", reasoningTokens)
        .put("source", source.name().toLowerCase(Locale.ROOT));
  }

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
