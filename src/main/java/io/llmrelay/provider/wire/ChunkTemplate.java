package io.llmrelay.provider.wire;

import java.util.Arrays;

/**
 * A fast path for chunks that differ only in their text: the bytes before and after the text of the
 * last parsed chunk. A chunk that matches them need not be parsed.
 *
 * <p>Matches only text that JSON writes as it is: ASCII without escapes. A chunk with other text,
 * or with any other difference, must be parsed.
 */
public final class ChunkTemplate {
  /** After so many mismatches in a row, the template is not updated any more. */
  private static final int MAX_MISMATCHES = 8;

  private byte[] before = {};
  private byte[] after = {};
  private int mismatches;

  /**
   * Whether a chunk matches. Its text is then between {@link #textFrom} and {@link #textTo}.
   *
   * @param from the start of the chunk
   * @param to the end of the chunk
   */
  public boolean matches(byte[] bytes, int from, int to) {
    if (before.length == 0 || to - from < before.length + after.length) {
      return false;
    }
    int textFrom = textFrom(from);
    int textTo = textTo(to);
    if (!Arrays.equals(bytes, from, textFrom, before, 0, before.length)
        || !Arrays.equals(bytes, textTo, to, after, 0, after.length)) {
      return false;
    }
    for (int i = textFrom; i < textTo; i++) {
      if (!plain(bytes[i])) {
        return false;
      }
    }
    mismatches = 0;
    return true;
  }

  /** Returns the start of the text in a matching chunk. */
  public int textFrom(int from) {
    return from + before.length;
  }

  /** Returns the end of the text in a matching chunk. */
  public int textTo(int to) {
    return to - after.length;
  }

  /**
   * Makes a template of a parsed chunk that holds this text and nothing else of interest.
   *
   * @param quote the offset of the string's opening quote within the chunk
   */
  public void learn(byte[] bytes, int from, int to, long quote, CharSequence text) {
    int textFrom = from + (int) quote + 1;
    int textTo = textFrom + text.length();
    if (mismatches > MAX_MISMATCHES || quote < 0 || textTo >= to || bytes[textFrom - 1] != '"') {
      return;
    }
    for (int i = textFrom; i < textTo; i++) {
      if (!plain(bytes[i]) || bytes[i] != text.charAt(i - textFrom)) {
        return;
      }
    }
    if (bytes[textTo] == '"') {
      mismatches++;
      before = Arrays.copyOfRange(bytes, from, textFrom);
      after = Arrays.copyOfRange(bytes, textTo, to);
    }
  }

  private static boolean plain(byte b) {
    return b >= ' ' && b != '"' && b != '\\';
  }
}
