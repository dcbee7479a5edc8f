package io.llmrelay.chat;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Counts the characters of encoded JSON, eight bytes at a time where none is an escape. */
final class Characters {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = 0x8080808080808080L;
  private static final long BACKSLASHES = '\\' * ONES;

  private Characters() {}

  /** Counts the characters; an escape is one. */
  static long count(byte[] bytes, int from, int to) {
    long count = 0;
    int i = from;
    while (i < to) {
      if (i + Long.BYTES <= to) {
        long word = (long) LONG.get(bytes, i);
        if (!hasBackslash(word)) {
          count += Long.BYTES - Long.bitCount(continuations(word));
          i += Long.BYTES;
          continue;
        }
      }
      byte b = bytes[i];
      count += (b & 0xC0) == 0x80 ? 0 : 1;
      i += b != '\\' || i + 1 >= to ? 1 : escapeLength(bytes[i + 1]);
    }
    return count;
  }

  private static int escapeLength(byte second) {
    return second == 'u' ? 6 : 2;
  }

  private static boolean hasBackslash(long word) {
    long difference = word ^ BACKSLASHES;
    return ((difference - ONES) & ~difference & HIGHS) != 0;
  }

  /** Returns a bit for each byte of the form 10xxxxxx. */
  private static long continuations(long word) {
    return word & HIGHS & ~(word << 1);
  }
}
