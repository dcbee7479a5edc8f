package io.llmrelay.gateway.front;

import io.netty.buffer.ByteBuf;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.nio.charset.StandardCharsets;

/**
 * Escapes UTF-8 text for a JSON string without decoding it: every character that must be escaped is
 * ASCII, and no byte of a multi-byte character is in that range.
 */
public final class JsonEscaper {
  private static final byte[][] ESCAPES = new byte[128][];

  static {
    for (int c = 0; c < ' '; c++) {
      escape(c, String.format("\\u%04x", c));
    }
    escape('\n', "\\n");
    escape('\r', "\\r");
    escape('\t', "\\t");
    escape('"', "\\\"");
    escape('\\', "\\\\");
  }

  private JsonEscaper() {}

  private static void escape(int c, String escaped) {
    ESCAPES[c] = escaped.getBytes(StandardCharsets.US_ASCII);
  }

  /** Appends UTF-8 text to a buffer, escaped and without quotes. */
  public static void append(Buffer out, Buffer utf8) {
    ByteBuf in = ((BufferInternal) utf8).unwrap();
    byte[] bytes = in.hasArray() ? in.array() : utf8.getBytes();
    int from = in.hasArray() ? in.arrayOffset() : 0;
    int end = from + utf8.length();
    for (int i = from; i < end; i++) {
      byte b = bytes[i];
      if (b >= 0 && ESCAPES[b] != null) {
        out.appendBytes(bytes, from, i - from).appendBytes(ESCAPES[b]);
        from = i + 1;
      }
    }
    out.appendBytes(bytes, from, end - from);
  }
}
