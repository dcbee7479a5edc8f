package io.llmrelay.gateway.anthropic;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.TreeMap;

/** Accumulates the events of a stream into the message of a whole answer. */
final class MessageAccumulator {
  private JsonObject message = new JsonObject();
  private final Map<Integer, JsonObject> blocks = new TreeMap<>();
  private final Map<Integer, StringBuilder> inputs = new TreeMap<>();

  void add(JsonObject event) {
    switch (event.getString("type")) {
      case "message_start" -> message = event.getJsonObject("message").copy();
      case "content_block_start" ->
          blocks.put(event.getInteger("index"), event.getJsonObject("content_block").copy());
      case "content_block_delta" -> delta(event.getInteger("index"), event.getJsonObject("delta"));
      case "message_delta" -> {
        for (Map.Entry<String, Object> field : event) {
          switch (field.getKey()) {
            case "type" -> {}
            case "delta" -> message.mergeIn((JsonObject) field.getValue());
            case "usage" -> usage((JsonObject) field.getValue());
            default -> message.put(field.getKey(), field.getValue());
          }
        }
      }
      default -> {} // The end of a block or of the message.
    }
  }

  /** Updates the usage. Counts are cumulative; null leaves a count unchanged. */
  private void usage(JsonObject more) {
    JsonObject usage = message.getJsonObject("usage", new JsonObject());
    for (Map.Entry<String, Object> count : more) {
      if (count.getValue() != null || !usage.containsKey(count.getKey())) {
        usage.put(count.getKey(), count.getValue());
      }
    }
    message.put("usage", usage);
  }

  private void delta(int index, JsonObject delta) {
    JsonObject block = blocks.get(index);
    if (block == null) {
      return;
    }
    switch (delta.getString("type")) {
      case "input_json_delta" ->
          inputs
              .computeIfAbsent(index, i -> new StringBuilder())
              .append(delta.getString("partial_json", ""));
      case "citations_delta" -> {
        JsonArray citations =
            block.getValue("citations") instanceof JsonArray given ? given : new JsonArray();
        block.put("citations", citations.add(delta.getValue("citation")));
      }
      default -> append(block, delta);
    }
  }

  private static void append(JsonObject block, JsonObject delta) {
    for (Map.Entry<String, Object> field : delta) {
      if (field.getValue() instanceof String more && !field.getKey().equals("type")) {
        String text = block.getValue(field.getKey()) instanceof String given ? given : "";
        block.put(field.getKey(), text + more);
      } else if (!field.getKey().equals("type")) {
        block.put(field.getKey(), field.getValue());
      }
    }
  }

  /** Returns the message so far. */
  JsonObject toJson() {
    JsonArray content = new JsonArray();
    blocks.forEach(
        (index, block) -> {
          StringBuilder input = inputs.get(index);
          if (input != null && !input.isEmpty()) {
            block.put("input", input(input.toString()));
          }
          content.add(block);
        });
    return message.put("content", content);
  }

  private static Object input(String json) {
    try {
      return Json.decodeValue(json);
    } catch (DecodeException unfinished) {
      return new JsonObject(); // The answer broke off at its limit.
    }
  }
}
