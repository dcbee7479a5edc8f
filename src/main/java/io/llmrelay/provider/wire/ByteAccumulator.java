package io.llmrelay.provider.wire;

import io.vertx.core.buffer.Buffer;
import java.util.Arrays;

/** What came of a stream and is not used up yet. */
public final class ByteAccumulator {
  private static final int INITIAL = 4 * 1024;

  /** Above this, the room is given back when nothing is pending. */
  private static final int LARGE = 64 * 1024;

  private byte[] bytes = new byte[INITIAL];
  private int from;
  private int to;

  /** Adds bytes at the end; the indexes change. */
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

  /** The array they stand in. */
  public byte[] bytes() {
    return bytes;
  }

  /** The index of the first. */
  public int from() {
    return from;
  }

  /** The index after the last. */
  public int to() {
    return to;
  }

  public int length() {
    return to - from;
  }

  /** Takes bytes away from the beginning. */
  public void use(int count) {
    from += count;
  }
}
