package io.llmrelay.gateway.front;

import io.llmrelay.chat.ChatEvent;
import io.vertx.core.buffer.Buffer;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/** Joins the chunks of data and events to values, each of which ends with a line feed. */
public final class DataLines {
  /** Values that are not complete, by block name. */
  private final Map<String, Buffer> incomplete = new HashMap<>();

  /** Adds a chunk and passes on each value that is complete, without its line feed. */
  public void add(ChatEvent.Chunk chunk, Consumer<Buffer> to) {
    String name = chunk.block().name();
    Buffer rest = incomplete.remove(name);
    Buffer more = chunk.data();
    int from = 0;
    for (int i = 0; i < more.length(); i++) {
      if (more.getByte(i) == '\n') {
        Buffer value = more.slice(from, i);
        to.accept(rest == null ? value : rest.appendBuffer(value));
        rest = null;
        from = i + 1;
      }
    }
    if (from < more.length()) {
      Buffer end = rest == null ? Buffer.buffer(more.length() - from) : rest;
      incomplete.put(name, end.appendBuffer(more, from, more.length() - from));
    }
  }
}
