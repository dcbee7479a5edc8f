package io.llmrelay.chat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.ArrayList;
import java.util.List;

/**
 * Builds the body of a request. Large parts of what was received are shared with it and not copied;
 * the body must not be changed.
 */
public final class BodyBuilder {
  /** Shorter parts are copied, which is faster than a separate buffer for each. */
  private static final int MIN_SHARED = 16 * 1024;

  private final List<ByteBuf> parts = new ArrayList<>();
  private Buffer last = Buffer.buffer();

  /** Appends text in UTF-8. */
  public BodyBuilder append(String text) {
    last.appendString(text);
    return this;
  }

  /** Appends an ASCII character. */
  public BodyBuilder append(char ascii) {
    last.appendByte((byte) ascii);
    return this;
  }

  /** Appends bytes. */
  public BodyBuilder append(Buffer bytes) {
    last.appendBuffer(bytes);
    return this;
  }

  /** Appends some of the bytes, which must not change any more. */
  BodyBuilder append(byte[] bytes, int from, int to) {
    if (to - from < MIN_SHARED) {
      last.appendBytes(bytes, from, to - from);
    } else {
      endPart();
      parts.add(Unpooled.wrappedBuffer(bytes, from, to - from));
    }
    return this;
  }

  private void endPart() {
    if (last.length() > 0) {
      parts.add(((BufferInternal) last).getByteBuf());
      last = Buffer.buffer();
    }
  }

  /** Returns what was appended. */
  public Buffer toBuffer() {
    if (parts.isEmpty()) {
      return last;
    }
    endPart();
    return BufferInternal.buffer(
        Unpooled.wrappedBuffer(parts.size(), parts.toArray(ByteBuf[]::new)));
  }
}
