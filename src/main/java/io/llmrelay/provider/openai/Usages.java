package io.llmrelay.provider.openai;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.provider.wire.Json;
import java.io.IOException;

/** A reader of usage objects. */
final class Usages {
  private long prompt;
  private long completion;
  private long total;
  private long cached;
  private long cacheWrite;
  private long reasoning;

  private Usages() {}

  /** Reads the current usage object; {@code null} if the value is not an object. */
  static TokenUsage read(JsonParser in) throws IOException {
    if (in.currentToken() != JsonToken.START_OBJECT) {
      in.skipChildren();
      return null;
    }
    Usages usage = new Usages();
    usage.fields(in);
    return usage.toTokenUsage();
  }

  private void fields(JsonParser in) throws IOException {
    for (String field = in.nextFieldName(); field != null; field = in.nextFieldName()) {
      JsonToken token = in.nextToken();
      switch (field) {
        case "prompt_tokens" -> prompt = Json.count(in, 0);
        case "completion_tokens" -> completion = Json.count(in, 0);
        case "total_tokens" -> total = Json.count(in, 0);
        case "cached_tokens", "prompt_cache_hit_tokens" ->
            cached = Math.max(cached, Json.count(in, 0));
        case "cache_write_tokens" -> cacheWrite = Json.count(in, 0);
        case "reasoning_tokens" -> reasoning = Math.max(reasoning, Json.count(in, 0));
        case "prompt_tokens_details", "completion_tokens_details" -> {
          if (token == JsonToken.START_OBJECT) {
            fields(in);
          } else {
            in.skipChildren();
          }
        }
        default -> in.skipChildren();
      }
    }
  }

  /**
   * Adds reasoning tokens to the output if the total shows that they are counted separately (xAI).
   */
  private TokenUsage toTokenUsage() {
    boolean separate = reasoning > 0 && total == prompt + completion + reasoning;
    return new TokenUsage(
        prompt,
        separate ? completion + reasoning : completion,
        cached,
        cacheWrite,
        reasoning,
        TokenUsage.Source.PROVIDER);
  }
}
