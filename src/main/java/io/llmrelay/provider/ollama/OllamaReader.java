package io.llmrelay.provider.ollama;

import io.llmrelay.chat.ChunkKind;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.provider.Answer;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.EventDecoder;
import io.llmrelay.provider.Json;
import io.llmrelay.provider.LineDecoder;
import io.vertx.core.json.JsonObject;
import java.io.IOException;

/**
 * Reads lines of JSON, each of which says whether it is the last; that one has the reason and the
 * counts. A line that does not say is somebody else's error.
 */
final class OllamaReader implements Dialect.Reader {
  private final Answer answer;

  OllamaReader(Answer answer) {
    this.answer = answer;
  }

  @Override
  public EventDecoder decoder(EventDecoder.Handler handler) {
    return new LineDecoder(handler);
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
    answer.text(ChunkKind.REASONING, Json.piece(message, "thinking"));
    answer.text(ChunkKind.TEXT, Json.piece(message, "content"));
    if (!Json.array(message, "tool_calls").isEmpty()) {
      answer.toolCalls();
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

  private void done(JsonObject line) {
    String reason = Json.text(line, "done_reason");
    switch (reason) {
      // Older servers give no reason.
      case "", "stop" -> answer.finish(FinishReason.STOP);
      case "length" -> answer.finish(FinishReason.LENGTH);
      default -> answer.fail(FailureKind.SERVER_ERROR, "done reason \"" + reason + "\"");
    }
    answer.end();
  }

  /** Never asked: a single answer is a stream of one line. */
  @Override
  public boolean whole(JsonObject json) {
    return false;
  }
}
