package io.llmrelay.provider.wire;

import java.util.Arrays;

/**
 * The last chunk of an answer that brought plain text and nothing else. The next one mostly differs
 * from it in that text alone; then what it says is known without parsing it.
 *
 * <p>Plain is text that stands in JSON as it is: ASCII without escapes. A chunk with other text, or
 * with anything else in another place, is no twin and must be parsed.
 */
public final class ChunkTemplate {
  /** After so many chunks in a row that were none, this server's chunks never are twins. */
  private static final int PATIENCE = 8;

  private byte[] before = {};
  private byte[] after = {};
  private int strangers;

  /**
   * Whether a chunk is one. Then its text lies between {@link #textFrom} and {@link #textTo}.
   *
   * @param from where the chunk begins
   * @param to where it ends
   */
  public boolean is(byte[] bytes, int from, int to) {
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
    strangers = 0;
    return true;
  }

  /** Where the text of a twin begins. */
  public int textFrom(int from) {
    return from + before.length;
  }

  /** Where the text of a twin ends. */
  public int textTo(int to) {
    return to - after.length;
  }

  /**
   * A chunk was parsed, and brought this text and nothing else.
   *
   * @param quote where the string begins in it, from its own beginning
   */
  public void learn(byte[] bytes, int from, int to, long quote, CharSequence text) {
    int textFrom = from + (int) quote + 1;
    int textTo = textFrom + text.length();
    if (strangers > PATIENCE || quote < 0 || textTo >= to || bytes[textFrom - 1] != '"') {
      return;
    }
    for (int i = textFrom; i < textTo; i++) {
      if (!plain(bytes[i]) || bytes[i] != text.charAt(i - textFrom)) {
        return;
      }
    }
    if (bytes[textTo] == '"') {
      strangers++;
      before = Arrays.copyOfRange(bytes, from, textFrom);
      after = Arrays.copyOfRange(bytes, textTo, to);
    }
  }

  private static boolean plain(byte b) {
    return b >= ' ' && b != '"' && b != '\\';
  }
}
