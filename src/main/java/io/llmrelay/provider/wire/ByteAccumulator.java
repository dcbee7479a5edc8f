package io.llmrelay.provider.wire;

import io.vertx.core.buffer.Buffer;
import java.util.Arrays;

/** A growing buffer of received bytes that are not consumed yet. */
final class ByteAccumulator {
  private static final int INITIAL = 4 * 1024;

  /** A larger array is replaced by a small one once it is empty. */
  private static final int LARGE = 64 * 1024;

  private byte[] bytes = new byte[INITIAL];
  private int from;
  private int to;

  /** Appends bytes; the indexes of earlier bytes may change. */
  public void append(Buffer more) {
    int rest = length();
    if (rest > 0) {
      System.arraycopy(bytes, from, bytes, 0, rest);
    } else if (bytes.length > LARGE) {
      bytes = new byte[INITIAL];
    }
    from = 0;
    to = rest + more.length();
    if (to > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(to, 2 * bytes.length));
    }
    more.getBytes(0, more.length(), bytes, rest);
  }

  /** Returns the array that holds the bytes. */
  public byte[] bytes() {
    return bytes;
  }

  /** Returns the index of the first byte. */
  public int from() {
    return from;
  }

  /** Returns the index after the last byte. */
  public int to() {
    return to;
  }

  public int length() {
    return to - from;
  }

  /** Removes bytes from the beginning. */
  public void consume(int count) {
    from += count;
  }
}
