package io.llmrelay.gateway;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;

/**
 * The inside of a JSON string, made from UTF-8 bytes without decoding them: every byte that must be
 * escaped is ASCII, and no byte of a longer character looks like one.
 */
final class JsonText {
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

  private JsonText() {}

  private static void escape(int c, String as) {
    ESCAPES[c] = as.getBytes(StandardCharsets.US_ASCII);
  }

  /** Appends {@code utf8}, escaped, to {@code out}. */
  static void append(Buffer out, Buffer utf8) {
    int length = utf8.length();
    int from = 0;
    for (int i = 0; i < length; i++) {
      byte b = utf8.getByte(i);
      if (b >= 0 && ESCAPES[b] != null) {
        out.appendBuffer(utf8, from, i - from).appendBytes(ESCAPES[b]);
        from = i + 1;
      }
    }
    out.appendBuffer(utf8, from, length - from);
  }
}
