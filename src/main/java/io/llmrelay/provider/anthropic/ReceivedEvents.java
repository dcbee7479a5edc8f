package io.llmrelay.provider.anthropic;

import io.llmrelay.provider.Answer;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/**
 * Passes the events of an answer on, for a client of the same API, without the content that is also
 * delivered as chunks. The events of an answer that came as one JSON object are built from it.
 */
final class ReceivedEvents {
  /** The fields of blocks whose content comes as chunks. */
  private static final List<String> TEXTS = List.of("text", "thinking");

  /** The blocks that are expressed by chunks, but for a signature. */
  private static final Set<String> EXPRESSED = Set.of("text", "thinking", "tool_use");

  private static final Set<String> FRAMES =
      Set.of("message_start", "message_delta", "message_stop");

  private final Answer answer;

  ReceivedEvents(Answer answer) {
    this.answer = answer;
  }

  /** Passes on an event that is no delta of text, thinking or arguments. */
  void pass(String type, byte[] bytes, int from, int to) throws IOException {
    if ("content_block_start".equals(type)) {
      JsonObject payload = Json.payload(bytes, from, to);
      JsonObject block = Json.object(payload, "content_block");
      JsonObject begun = begun(block);
      if (!begun.equals(block)) {
        pass(payload.put("content_block", begun));
      } else {
        answer.event(bytes, from, to, isExpressed(begun));
      }
    } else if (!"ping".equals(type)) {
      answer.event(bytes, from, to, FRAMES.contains(type));
    }
  }

  private static boolean isExpressed(JsonObject block) {
    return EXPRESSED.contains(Json.text(block, "type"));
  }

  /** Returns a block without the content that comes as chunks. */
  private static JsonObject begun(JsonObject block) {
    JsonObject begun = block.copy();
    for (String field : TEXTS) {
      if (!Json.text(begun, field).isEmpty()) {
        begun.put(field, "");
      }
    }
    if ("tool_use".equals(begun.getValue("type"))) {
      begun.put("input", new JsonObject());
    }
    return begun;
  }

  /** Passes on the first event of a whole answer. */
  void start(JsonObject message) {
    if (answer.passesEvents()) {
      JsonObject begun = message.copy().put("content", new JsonArray());
      begun.put("stop_reason", null).put("stop_sequence", null);
      pass(typed("message_start").put("message", begun));
    }
  }

  void startBlock(int index, JsonObject block) {
    if (answer.passesEvents()) {
      pass(typed("content_block_start").put("index", index).put("content_block", begun(block)));
    }
  }

  void stopBlock(int index) {
    if (answer.passesEvents()) {
      pass(typed("content_block_stop").put("index", index));
    }
  }

  /** Passes on the last events of a whole answer. */
  void stop(JsonObject message) {
    if (answer.passesEvents()) {
      JsonObject delta =
          new JsonObject()
              .put("stop_reason", message.getValue("stop_reason"))
              .put("stop_sequence", message.getValue("stop_sequence"));
      pass(typed("message_delta").put("delta", delta).put("usage", Json.object(message, "usage")));
      pass(typed("message_stop"));
    }
  }

  private static JsonObject typed(String type) {
    return new JsonObject().put("type", type);
  }

  private void pass(JsonObject event) {
    JsonObject block = event.getJsonObject("content_block");
    byte[] bytes = event.toBuffer().getBytes();
    answer.event(bytes, 0, bytes.length, block == null || isExpressed(block));
  }
}
