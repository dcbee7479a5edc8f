package io.llmrelay.provider.ollama;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.provider.Answer;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.wire.EventDecoder;
import io.llmrelay.provider.wire.Json;
import io.llmrelay.provider.wire.NdjsonDecoder;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;

/**
 * A reader of lines of JSON. Each has a {@code done} field; the last one holds the finish reason
 * and the usage. A line without that field is an error.
 */
final class OllamaReader implements Dialect.Reader {
  private final Answer answer;

  OllamaReader(Answer answer) {
    this.answer = answer;
  }

  @Override
  public EventDecoder decoder(EventDecoder.Handler handler) {
    return new NdjsonDecoder(handler);
  }

  @Override
  public void event(String name, byte[] bytes, int from, int to) throws IOException {
    JsonObject line = Json.payload(bytes, from, to);
    if (line.isEmpty()) {
      return;
    }
    if (line.getValue("error") != null || !line.containsKey("done")) {
      answer.error(bytes, from, to);
      return;
    }
    JsonObject message = Json.object(line, "message");
    answer.text(BlockKind.REASONING, Json.stringOrNumber(message, "thinking"));
    answer.text(BlockKind.TEXT, Json.stringOrNumber(message, "content"));
    answer.text(BlockKind.REASONING, Json.stringOrNumber(line, "thinking"));
    answer.text(BlockKind.TEXT, Json.stringOrNumber(line, "response"));
    Json.array(message, "tool_calls").forEach(this::call);
    if (line.getValue("logprobs") instanceof JsonArray logprobs && !logprobs.isEmpty()) {
      answer.data("logprobs", new JsonObject().put("content", logprobs));
    }
    answer.model(Json.string(line, "model"));
    answer.usage(
        new TokenUsage(
            Json.count(line, "prompt_eval_count"),
            Json.count(line, "eval_count"),
            0,
            0,
            0,
            TokenUsage.Source.PROVIDER));
    if (Boolean.TRUE.equals(line.getValue("done"))) {
      done(line);
    }
  }

  /** Reads a tool call, which is always whole; older servers give no id. */
  private void call(Object call) {
    JsonObject json = call instanceof JsonObject object ? object : new JsonObject();
    JsonObject function = Json.object(json, "function");
    String name = Json.string(function, "name");
    if (name == null) {
      answer.fail(FailureKind.MALFORMED_TOOL_CALL, "a tool call names no tool");
      return;
    }
    answer.call(Json.string(json, "id"), name, null);
    Object arguments = function.getValue("arguments");
    if (arguments instanceof String text) {
      answer.arguments(text);
    } else if (arguments != null) {
      answer.arguments(Json.encode(arguments));
    }
    answer.endArguments();
  }

  private void done(JsonObject line) {
    String reason = Json.text(line, "done_reason");
    switch (reason) {
      // Older servers omit the reason.
      case "", "stop" -> answer.finish(FinishReason.STOP);
      case "length" -> answer.finish(FinishReason.LENGTH);
      default -> answer.fail(FailureKind.SERVER_ERROR, "done reason \"" + reason + "\"");
    }
    answer.end();
  }

  /** Returns false. Not called, since a whole answer is a stream of one line. */
  @Override
  public boolean whole(JsonObject json) {
    return false;
  }
}
