package io.llmrelay.provider.wire;

import io.vertx.core.buffer.Buffer;
import java.util.Arrays;

/** A growing buffer that encodes text as UTF-8. */
public final class Utf8Buffer {
  private static final int INITIAL = 64;

  /** A larger array is replaced by a small one when the text is taken. */
  private static final int LARGE = 64 * 1024;

  private byte[] bytes = new byte[INITIAL];
  private int length;

  public int length() {
    return length;
  }

  /** Returns the array that holds the text from index 0, valid until the next change. */
  public byte[] array() {
    return bytes;
  }

  /** Appends a code point, which must not be a surrogate. */
  public void put(int codePoint) {
    if (length + 4 > bytes.length) {
      bytes = Arrays.copyOf(bytes, 2 * bytes.length);
    }
    if (codePoint < 0x80) {
      bytes[length++] = (byte) codePoint;
    } else if (codePoint < 0x800) {
      bytes[length++] = (byte) (0xC0 | (codePoint >> 6));
      continuationByte(codePoint);
    } else if (codePoint < 0x10000) {
      bytes[length++] = (byte) (0xE0 | (codePoint >> 12));
      continuationByte(codePoint >> 6);
      continuationByte(codePoint);
    } else {
      bytes[length++] = (byte) (0xF0 | (codePoint >> 18));
      continuationByte(codePoint >> 12);
      continuationByte(codePoint >> 6);
      continuationByte(codePoint);
    }
  }

  /** Appends bytes that are UTF-8 already. */
  public void put(byte[] more, int from, int to) {
    if (length + to - from > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(length + to - from, 2 * bytes.length));
    }
    System.arraycopy(more, from, bytes, length, to - from);
    length += to - from;
  }

  private void continuationByte(int bits) {
    bytes[length++] = (byte) (0x80 | (bits & 0x3F));
  }

  /** Returns the text and clears the buffer. */
  public Buffer take() {
    Buffer text = Buffer.buffer(length).appendBytes(bytes, 0, length);
    length = 0;
    if (bytes.length > LARGE) {
      bytes = new byte[INITIAL];
    }
    return text;
  }
}
