package io.llmrelay.provider.wire;

import java.util.Arrays;

/**
 * A fast path for chunks that differ only in their text: the bytes before and after the text of the
 * last parsed chunk. A chunk that matches them need not be parsed.
 *
 * <p>Matches only text in ASCII, possibly with escapes of one character such as {@code \n}. A chunk
 * with other text, or with any other difference, must be parsed.
 */
public final class ChunkTemplate {
  /** The number of consecutive mismatches after which the template is not updated any more. */
  private static final int MAX_MISMATCHES = 8;

  /** The longest text with escapes, in bytes. */
  private static final int MAX_ESCAPED = 4 * 1024;

  private static final byte[] NOTHING = {};

  private byte[] before = NOTHING;
  private byte[] after = NOTHING;
  private byte[] unescaped = NOTHING;
  private int mismatches;

  /** Whether the text had escapes: it is in an array of its own, not in that of the chunk. */
  private boolean escaped;

  private int textFrom;
  private int textTo;

  /**
   * Returns whether a chunk matches. Its text is then in {@link #text}, from {@link #textFrom} to
   * {@link #textTo}.
   *
   * @param from the start of the chunk
   * @param to the end of the chunk
   */
  public boolean matches(byte[] bytes, int from, int to) {
    if (before.length == 0 || to - from < before.length + after.length) {
      return false;
    }
    int start = from + before.length;
    int end = to - after.length;
    if (!Arrays.equals(bytes, from, start, before, 0, before.length)
        || !Arrays.equals(bytes, end, to, after, 0, after.length)
        || !readText(bytes, start, end)) {
      return false;
    }
    mismatches = 0;
    return true;
  }

  /**
   * Returns the array that holds the text of a chunk that matches, valid until the next call.
   *
   * @param bytes the array that holds the chunk
   */
  public byte[] text(byte[] bytes) {
    return escaped ? unescaped : bytes;
  }

  /** Returns the start of the text. */
  public int textFrom() {
    return textFrom;
  }

  /** Returns the end of the text. */
  public int textTo() {
    return textTo;
  }

  /**
   * Makes a template of a parsed chunk with this text and no other relevant field.
   *
   * @param quote the offset of the string's opening quote within the chunk
   * @return false if the template is unchanged
   */
  public boolean learn(byte[] bytes, int from, int to, long quote, CharSequence text) {
    int start = from + (int) quote + 1;
    if (mismatches > MAX_MISMATCHES || quote < 0 || start >= to || bytes[start - 1] != '"') {
      return false;
    }
    int end = start;
    while (end < to && bytes[end] != '"') {
      end += bytes[end] == '\\' ? 2 : 1;
    }
    if (end < to && readText(bytes, start, end) && holds(text(bytes), text)) {
      mismatches++;
      before = Arrays.copyOfRange(bytes, from, start);
      after = Arrays.copyOfRange(bytes, end, to);
      return true;
    }
    return false;
  }

  /** Discards the template. */
  public void forget() {
    before = NOTHING;
  }

  /** Reads the content of a string; returns false unless it is ASCII with only short escapes. */
  private boolean readText(byte[] bytes, int from, int to) {
    int plain = PlainText.end(bytes, from, to);
    if (plain == to) {
      escaped = false;
      textFrom = from;
      textTo = to;
      return true;
    }
    return bytes[plain] == '\\' && to - from <= MAX_ESCAPED && unescape(bytes, from, plain, to);
  }

  private boolean unescape(byte[] bytes, int from, int first, int to) {
    if (unescaped.length < to - from) {
      unescaped = new byte[to - from];
    }
    byte[] out = unescaped;
    int length = first - from;
    System.arraycopy(bytes, from, out, 0, length);
    for (int i = first; i < to; i++) {
      byte b = bytes[i];
      if (b == '\\' && i + 1 < to) {
        b = unescaped(bytes[++i]);
      } else if (!PlainText.isPlain(b)) {
        return false;
      }
      if (b < 0) {
        return false;
      }
      out[length++] = b;
    }
    escaped = true;
    textFrom = 0;
    textTo = length;
    return true;
  }

  /** Returns the character of a one-character escape; -1 for any other escape. */
  private static byte unescaped(byte escape) {
    return switch (escape) {
      case '"', '\\', '/' -> escape;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      default -> -1;
    };
  }

  private boolean holds(byte[] text, CharSequence expected) {
    if (textTo - textFrom != expected.length()) {
      return false;
    }
    for (int i = textFrom; i < textTo; i++) {
      if (text[i] != expected.charAt(i - textFrom)) {
        return false;
      }
    }
    return true;
  }
}
