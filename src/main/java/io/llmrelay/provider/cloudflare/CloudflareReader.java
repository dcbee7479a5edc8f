package io.llmrelay.provider.cloudflare;

import io.llmrelay.chat.ChunkKind;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Answer;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.Json;
import io.llmrelay.provider.openai.OpenAiDialect;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads native chunks: text, then usage, then {@code [DONE]}, and no reason for the end. Newer
 * models answer here too as OpenAI does; what has choices is read that way.
 */
final class CloudflareReader implements Dialect.Reader {
  private static final byte[] DONE = "[DONE]".getBytes(StandardCharsets.US_ASCII);

  private final Answer answer;
  private final Dialect.Reader choices;

  CloudflareReader(Answer answer, BackendOptions options) {
    this.answer = answer;
    answer.limit(CloudflareDialect.DEFAULT_MAX_TOKENS);
    this.choices = new OpenAiDialect().reader(answer, options);
  }

  @Override
  public void event(String name, byte[] bytes, int from, int to) throws IOException {
    if (Arrays.equals(bytes, from, to, DONE, 0, DONE.length)) {
      answer.end();
      return;
    }
    JsonObject chunk = Json.payload(bytes, from, to);
    if (chunk.getValue("error") != null || !Json.array(chunk, "errors").isEmpty()) {
      answer.error(bytes, from, to);
    } else if (chunk.containsKey("choices")) {
      choices.event(name, bytes, from, to);
    } else {
      chunk(chunk);
    }
  }

  /** An envelope around one chunk that has everything. */
  @Override
  public boolean whole(JsonObject json) {
    JsonObject result = Json.object(json, "result");
    if (!Boolean.TRUE.equals(json.getValue("success"))) {
      return false;
    }
    if (result.containsKey("choices")) {
      return choices.whole(result);
    }
    chunk(result);
    return result.containsKey("response");
  }

  private void chunk(JsonObject chunk) {
    answer.text(ChunkKind.TEXT, Json.piece(chunk, "response"));
    if (calls(Json.array(chunk, "tool_calls"))) {
      answer.toolCalls();
    }
    JsonObject usage = Json.object(chunk, "usage");
    answer.usage(
        new TokenUsage(
            Json.count(usage, "prompt_tokens"),
            Json.count(usage, "completion_tokens"),
            Json.count(Json.object(usage, "prompt_tokens_details"), "cached_tokens"),
            0,
            0,
            TokenUsage.Source.PROVIDER));
  }

  /** A list of calls may end with an entry that names none. */
  private static boolean calls(JsonArray calls) {
    return calls.stream()
        .anyMatch(
            call ->
                call instanceof JsonObject json
                    && (Json.string(json, "name") != null
                        || Json.string(Json.object(json, "function"), "name") != null));
  }
}
