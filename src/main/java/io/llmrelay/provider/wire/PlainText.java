package io.llmrelay.provider.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Scans for text that JSON does not escape: ASCII without quotes, backslashes and controls. */
final class PlainText {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long ONES = 0x0101_0101_0101_0101L;
  private static final long HIGH_BITS = 0x8080_8080_8080_8080L;

  private PlainText() {}

  /** Returns the index of the first byte that must be escaped or is not ASCII, else {@code to}. */
  static int end(byte[] bytes, int from, int to) {
    int i = from;
    // Subtraction sets the high bit of bytes below; a borrow reaches only bytes after the first.
    for (; i + Long.BYTES <= to; i += Long.BYTES) {
      long eight = (long) LONGS.get(bytes, i);
      long controls = eight - ONES * ' ';
      long quotes = (eight ^ ONES * '"') - ONES;
      long backslashes = (eight ^ ONES * '\\') - ONES;
      long others = (eight | controls | quotes | backslashes) & HIGH_BITS;
      if (others != 0) {
        return i + Long.numberOfTrailingZeros(others) / Byte.SIZE;
      }
    }
    while (i < to && isPlain(bytes[i])) {
      i++;
    }
    return i;
  }

  static boolean isPlain(byte b) {
    return b >= ' ' && b != '"' && b != '\\';
  }
}
