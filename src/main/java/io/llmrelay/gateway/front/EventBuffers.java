package io.llmrelay.gateway.front;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.ArrayDeque;

/**
 * Buffers for events on one event loop. Most writes are complete when they return; their buffers
 * are reused, by whichever response sends next.
 */
final class EventBuffers {
  /** The most bytes of unused buffers that are kept. */
  private static final int MAX_KEPT = 1024 * 1024;

  private static final int INITIAL = 512;

  private final ArrayDeque<Buffer> unused = new ArrayDeque<>();
  private int kept;

  /** Returns an empty buffer. */
  Buffer take() {
    Buffer buffer = unused.poll();
    if (buffer == null) {
      return Buffer.buffer(INITIAL);
    }
    kept -= bytes(buffer).capacity();
    return buffer;
  }

  /** Keeps a buffer if it has been written completely; otherwise Netty still reads it. */
  void giveBack(Buffer buffer, Future<Void> written) {
    ByteBuf bytes = bytes(buffer);
    if (written.isComplete() && kept + bytes.capacity() <= MAX_KEPT) {
      bytes.clear();
      kept += bytes.capacity();
      unused.push(buffer);
    }
  }

  private static ByteBuf bytes(Buffer buffer) {
    return ((BufferInternal) buffer).unwrap();
  }
}
