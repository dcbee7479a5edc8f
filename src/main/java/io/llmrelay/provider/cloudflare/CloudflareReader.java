package io.llmrelay.provider.cloudflare;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Answer;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.openai.OpenAiDialect;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A reader of native chunks: text, then usage, then {@code [DONE]}, without a finish reason. Chunks
 * with choices, which newer models send, are read in the format of OpenAI.
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

  /** Reads an envelope around one chunk with the whole answer. */
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
    answer.text(BlockKind.TEXT, Json.stringOrNumber(chunk, "response"));
    if (hasCalls(Json.array(chunk, "tool_calls"))) {
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

  /** Whether an entry names a tool; a list of calls may end with an entry that does not. */
  private static boolean hasCalls(JsonArray calls) {
    return calls.stream()
        .anyMatch(
            call ->
                call instanceof JsonObject json
                    && (Json.string(json, "name") != null
                        || Json.string(Json.object(json, "function"), "name") != null));
  }
}
