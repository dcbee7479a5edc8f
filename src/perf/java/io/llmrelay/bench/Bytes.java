package io.llmrelay.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/** Searching and numbers in byte arrays, without making anything. */
final class Bytes {
  /** How many hexadecimal digits a time has. */
  static final int HEX = 16;

  private static final byte[] DIGITS = of("0123456789abcdef");

  private Bytes() {}

  static byte[] of(String text) {
    return text.getBytes(ISO_8859_1);
  }

  static int indexOf(byte[] in, int from, int to, byte[] what) {
    int last = to - what.length;
    for (int i = from; i <= last; i++) {
      if (in[i] == what[0] && startsWith(in, i, to, what)) {
        return i;
      }
    }
    return -1;
  }

  static int indexOf(byte[] in, int from, int to, byte what) {
    for (int i = from; i < to; i++) {
      if (in[i] == what) {
        return i;
      }
    }
    return -1;
  }

  static boolean startsWith(byte[] in, int from, int to, byte[] what) {
    if (to - from < what.length) {
      return false;
    }
    for (int i = 0; i < what.length; i++) {
      if (in[from + i] != what[i]) {
        return false;
      }
    }
    return true;
  }

  /** The decimal number that begins there; 0 where none does. */
  static long number(byte[] in, int from, int to) {
    long n = 0;
    for (int i = from; i < to && in[i] >= '0' && in[i] <= '9'; i++) {
      n = 10 * n + in[i] - '0';
    }
    return n;
  }

  static void putHex(byte[] out, long value) {
    for (int i = HEX - 1; i >= 0; i--) {
      out[i] = DIGITS[(int) value & 15];
      value >>>= 4;
    }
  }

  /** The number that {@link #putHex} has put there. */
  static long hex(byte[] in, int from) {
    long value = 0;
    for (int i = from; i < from + HEX; i++) {
      value = value << 4 | hex(in[i]);
    }
    return value;
  }

  static boolean isHex(byte digit) {
    return digit >= '0' && digit <= '9' || digit >= 'a' && digit <= 'f';
  }

  static int hex(byte digit) {
    return digit <= '9' ? digit - '0' : (digit | ' ') - 'a' + 10;
  }
}
