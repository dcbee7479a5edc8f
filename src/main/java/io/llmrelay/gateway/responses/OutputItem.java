package io.llmrelay.gateway.responses;

import io.llmrelay.gateway.front.JsonEscaper;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/**
 * An item of the output that is being made. Its text is kept as it was escaped for the deltas,
 * since the events at its end repeat it.
 */
final class OutputItem {

  /** What an item is. */
  enum Kind {
    REASONING("rs"),
    MESSAGE("msg"),
    FUNCTION_CALL("fc"),
    CUSTOM_CALL("ctc"),
    IMAGE("ig");

    /** What ids of such items begin with. */
    final String prefix;

    Kind(String prefix) {
      this.prefix = prefix;
    }
  }

  /** A part of a message: text, or a refusal. */
  static final class Part {
    final boolean refusal;
    final Buffer text = Buffer.buffer();
    final JsonArray annotations = new JsonArray();
    final JsonArray logprobs = new JsonArray();

    Part(boolean refusal) {
      this.refusal = refusal;
    }

    Buffer toJson() {
      Buffer json = Buffer.buffer("{\"type\":\"");
      if (refusal) {
        json.appendString("refusal\",");
      } else {
        json.appendString("output_text\",\"annotations\":").appendBuffer(annotations.toBuffer());
        json.appendString(",\"logprobs\":").appendBuffer(logprobs.toBuffer()).appendString(",");
      }
      EventWriter.escaped(json, refusal ? "refusal" : "text", text);
      return json.appendString("}");
    }
  }

  final Kind kind;
  final int index;
  final String id;

  /** The id and the name of a call. */
  private final String callId;

  private final ToolNames.Namespaced name;

  /** The parts of a message. */
  final List<Part> parts = new ArrayList<>();

  /** The summary of reasoning, the arguments or the input of a call, an image in base64. */
  final Buffer text = Buffer.buffer();

  /** The arguments of a call that stand for its input; {@code null} if they are its own. */
  Buffer wrapped;

  /** The encrypted content of reasoning. */
  String encrypted;

  /** Creates an item without content. */
  OutputItem(Kind kind, int index, String id, String callId, ToolNames.Namespaced name) {
    this.kind = kind;
    this.index = index;
    this.id = id;
    this.callId = callId;
    this.name = name;
  }

  /** Returns the part of a message that is being made; {@code null} if there is none. */
  Part part() {
    return parts.isEmpty() ? null : parts.get(parts.size() - 1);
  }

  /** Returns the fields by which events name the item. */
  JsonObject address() {
    return new JsonObject().put("item_id", id).put("output_index", index);
  }

  /** Returns the name of a call as JSON. */
  String encodedName() {
    return Json.encode(name.name());
  }

  /** Returns the item as it is now. */
  Buffer toJson(String status) {
    Buffer json = Buffer.buffer(256).appendString("{\"id\":\"" + id + "\",");
    switch (kind) {
      case REASONING -> reasoning(json);
      case MESSAGE -> {
        json.appendString("\"type\":\"message\",\"status\":\"" + status + "\",\"content\":[");
        for (int i = 0; i < parts.size(); i++) {
          json.appendString(i == 0 ? "" : ",").appendBuffer(parts.get(i).toJson());
        }
        json.appendString("],\"role\":\"assistant\"}");
      }
      case FUNCTION_CALL -> call(json, "function_call", "arguments", status);
      case CUSTOM_CALL -> call(json, "custom_tool_call", "input", status);
      case IMAGE -> {
        json.appendString("\"type\":\"image_generation_call\",\"status\":\"" + status + "\",");
        if (text.length() == 0) {
          json.appendString("\"result\":null");
        } else {
          EventWriter.escaped(json, "result", text);
        }
        json.appendString("}");
      }
    }
    return json;
  }

  private void reasoning(Buffer json) {
    json.appendString("\"type\":\"reasoning\",\"summary\":[");
    if (text.length() > 0) {
      json.appendString("{\"type\":\"summary_text\",");
      EventWriter.escaped(json, "text", text);
      json.appendString("}");
    }
    json.appendString("]");
    if (encrypted != null) {
      json.appendString(",\"encrypted_content\":\"" + encrypted + "\"");
    }
    json.appendString("}");
  }

  private void call(Buffer json, String type, String field, String status) {
    json.appendString("\"type\":\"" + type + "\",\"status\":\"" + status + "\",");
    EventWriter.escaped(json, field, text);
    json.appendString(",\"call_id\":\"");
    JsonEscaper.append(json, Buffer.buffer(callId));
    json.appendString("\",\"name\":\"");
    JsonEscaper.append(json, Buffer.buffer(name.name()));
    if (name.namespace() != null) {
      json.appendString("\",\"namespace\":\"");
      JsonEscaper.append(json, Buffer.buffer(name.namespace()));
    }
    json.appendString("\"}");
  }
}
