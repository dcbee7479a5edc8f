package io.llmrelay.gateway.anthropic;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatEvent;
import io.llmrelay.chat.RawJson;
import io.llmrelay.gateway.front.DataLines;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import java.util.Map;

/** Passes the events of a backend of the same API through, and tracks the content blocks. */
final class ReceivedEvents {
  private final DataLines lines = new DataLines();
  private int index = -1;

  /** The kind of the deltas of the content block that is open, or {@code null}. */
  private BlockKind open;

  private boolean stopReason;
  private boolean stopped;

  /** Appends the events that are complete with a chunk. */
  void add(ChatEvent.Chunk chunk, Buffer out) {
    lines.add(chunk, event -> append(event, out));
  }

  /** Returns the fields of an event; none if it is not valid JSON, which a client would reject. */
  private static Map<String, RawJson> fields(Buffer event) {
    try {
      RawJson json = RawJson.read(event.getBytes());
      return json.isObject() ? json.fields() : Map.of();
    } catch (DecodeException e) {
      return Map.of();
    }
  }

  private void append(Buffer event, Buffer out) {
    Map<String, RawJson> fields = fields(event);
    RawJson type = fields.get("type");
    if (type == null || !type.isString()) {
      return; // Without a type, clients could not interpret it.
    }
    switch (type.string()) {
      case "content_block_start" -> {
        if (fields.get("index") != null && fields.get("index").value() instanceof Integer number) {
          index = number;
        }
        open = kind(fields.get("content_block"));
      }
      case "content_block_stop" -> open = null;
      case "message_delta" -> stopReason = true;
      case "message_stop" -> stopped = true;
      default -> {}
    }
    out.appendString("event: " + type.string() + "\ndata: ")
        .appendBuffer(event)
        .appendString("\n\n");
  }

  /** Returns the index of the content block that has started last. */
  int index() {
    return index;
  }

  /** Returns the kind of the deltas of the content block that is open; {@code null} if none is. */
  BlockKind open() {
    return open;
  }

  private static BlockKind kind(RawJson block) {
    RawJson type = block == null || !block.isObject() ? null : block.fields().get("type");
    return switch (type == null || !type.isString() ? "" : type.string()) {
      case "text" -> BlockKind.TEXT;
      case "thinking" -> BlockKind.REASONING;
      case "tool_use" -> BlockKind.TOOL_CALL;
      default -> null;
    };
  }

  boolean hasStopReason() {
    return stopReason;
  }

  boolean hasStopped() {
    return stopped;
  }
}
