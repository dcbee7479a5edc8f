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
 * A reader of native chunks: text and tool calls, then usage, then {@code [DONE]}, without a finish
 * reason. Chunks with choices, which newer models send, are read in the format of OpenAI, and so
 * are native tool calls: some models send them whole, others in fragments as OpenAI does.
 */
final class CloudflareReader implements Dialect.Reader {
  private static final byte[] DONE = "[DONE]".getBytes(StandardCharsets.US_ASCII);

  private final Answer answer;
  private final Dialect.Reader choices;

  /** The number of calls that arrived in one piece. */
  private int whole;

  CloudflareReader(Answer answer, BackendOptions options) {
    this.answer = answer;
    answer.limit(CloudflareRequest.DEFAULT_MAX_TOKENS);
    this.choices = new OpenAiDialect().reader(answer, options);
  }

  @Override
  public void event(String name, byte[] bytes, int from, int to) throws IOException {
    if (Arrays.equals(bytes, from, to, DONE, 0, DONE.length)) {
      choices.event(name, bytes, from, to);
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
    if (!result.containsKey("response") && !result.containsKey("tool_calls")) {
      return false;
    }
    try {
      chunk(result);
      choices.event(null, DONE, 0, DONE.length);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void end() {
    choices.end();
  }

  private void chunk(JsonObject chunk) throws IOException {
    answer.text(BlockKind.TEXT, Json.stringOrNumber(chunk, "response"));
    calls(Json.array(chunk, "tool_calls"));
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

  private void calls(JsonArray calls) throws IOException {
    JsonArray deltas = new JsonArray();
    for (Object call : calls) {
      if (call instanceof JsonObject json) {
        JsonObject function = Json.object(json, "function");
        if (Json.string(json, "name") != null) {
          deltas.add(whole(json, json));
        } else if (function.getValue("arguments") instanceof JsonObject) {
          deltas.add(whole(json, function));
        } else if (Json.string(function, "name") != null
            || !Json.text(function, "arguments").isEmpty()) {
          deltas.add(json);
        } // A list may end with an entry that names no tool and has no arguments.
      }
    }
    if (!deltas.isEmpty()) {
      JsonObject choice = new JsonObject().put("delta", new JsonObject().put("tool_calls", deltas));
      byte[] bytes =
          Json.encode(new JsonObject().put("choices", JsonArray.of(choice)))
              .getBytes(StandardCharsets.UTF_8);
      choices.event(null, bytes, 0, bytes.length);
    }
  }

  /** Returns a call that arrived in one piece, as one delta. */
  private JsonObject whole(JsonObject call, JsonObject function) {
    Object arguments = function.getValue("arguments");
    JsonObject delta = new JsonObject().put("index", whole++);
    Json.put(delta, "id", Json.string(call, "id"));
    return delta.put(
        "function",
        new JsonObject()
            .put("name", Json.string(function, "name"))
            .put(
                "arguments",
                arguments instanceof String s
                    ? s
                    : arguments == null ? "" : Json.encode(arguments)));
  }
}
