package io.llmrelay.failover;

import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Finds where the continuation of a text begins. It holds the beginning of what a model sends until
 * that is clear, usually for a few characters.
 *
 * <ul>
 *   <li>The model gets the text without the white space at its end, because models continue that
 *       badly and some servers refuse it; white space that it sends first and that was delivered is
 *       dropped.
 *   <li>Some models and servers repeat the text, or its end. A repetition is dropped only if it
 *       cannot be what the model had to say: it reaches exactly to the end of the text, is long
 *       enough, is not periodic, and occurs nowhere else in the text.
 * </ul>
 */
final class Seam {
  /** The fewest bytes of a repetition of the whole text. */
  static final int MIN_WHOLE = 16;

  /** The fewest bytes of a repetition of the end of the text. */
  static final int MIN_END = 64;

  /**
   * The most places at which {@link #MIN_END} bytes may occur: more are a pattern, of which only a
   * repetition of the whole text is looked for.
   */
  private static final int MAX_STARTS = 100;

  private final byte[] text;

  /** The length of the text without white space at its end. */
  private final int trimmed;

  private byte[] held = new byte[256];
  private int length;

  /** Where in the text all that is held occurs; {@code null} once no repetition is possible. */
  private int[] starts;

  /** The bytes that are dropped as a repetition. */
  private int repeated;

  Seam(byte[] text) {
    this.text = text;
    int end = text.length;
    while (end > 0 && isWhiteSpace(text[end - 1])) {
      end--;
    }
    trimmed = end;
    starts = IntStream.range(0, trimmed).filter(this::isLongEnough).toArray();
  }

  /** Returns the text without the white space at its end. */
  static String prefix(Buffer text) {
    byte[] bytes = text.getBytes();
    return Buffer.buffer(Arrays.copyOf(bytes, new Seam(bytes).trimmed)).toString();
  }

  private static boolean isWhiteSpace(byte b) {
    return b == ' ' || b == '\n' || b == '\r' || b == '\t';
  }

  private boolean isLongEnough(int start) {
    return trimmed - start >= (start == 0 ? MIN_WHOLE : MIN_END);
  }

  /**
   * Adds what the model has sent.
   *
   * @return what continues the text; {@code null} while that is not clear
   */
  Buffer add(Buffer more) {
    if (length + more.length() > held.length) {
      held = Arrays.copyOf(held, Math.max(2 * held.length, length + more.length()));
    }
    more.getBytes(0, more.length(), held, length);
    int from = length;
    length += more.length();
    for (int i = from; i < length && starts != null; i++) {
      narrow(i);
    }
    return starts == null && isWhiteSpaceClear() ? rest() : null;
  }

  /** Returns what continues the text when the model sends no more. */
  Buffer end() {
    starts = null;
    return rest();
  }

  /** Keeps the starts at which the byte with this index matches, too. */
  private void narrow(int index) {
    int matched = index + 1;
    int left = 0;
    boolean ends = false;
    for (int start : starts) {
      if (text[start + index] == held[index]) {
        ends |= start + matched == trimmed;
        starts[left++] = start;
      }
    }
    if (ends) {
      repeated = left == 1 && !isPeriodic(matched) ? matched : 0;
    }
    if (matched >= MIN_END && left > MAX_STARTS) {
      left = starts[0] == 0 ? 1 : 0;
    }
    starts = ends || left == 0 ? null : Arrays.copyOf(starts, left);
  }

  /**
   * Returns whether what is held repeats a pattern, so that the model may go on with it. By the
   * failure function of Knuth, Morris and Pratt: the longest prefix that is a suffix as well.
   */
  private boolean isPeriodic(int matched) {
    int[] border = new int[matched];
    for (int i = 1; i < matched; i++) {
      int length = border[i - 1];
      while (length > 0 && held[i] != held[length]) {
        length = border[length - 1];
      }
      border[i] = held[i] == held[length] ? length + 1 : 0;
    }
    return matched - border[matched - 1] <= matched / 2;
  }

  private boolean isWhiteSpaceClear() {
    int white = whiteSpace();
    return white == text.length - trimmed || repeated + white < length;
  }

  /** Returns how much of the white space at the end of the text is sent again. */
  private int whiteSpace() {
    int white = 0;
    while (trimmed + white < text.length
        && repeated + white < length
        && text[trimmed + white] == held[repeated + white]) {
      white++;
    }
    return white;
  }

  private Buffer rest() {
    return Buffer.buffer(Arrays.copyOfRange(held, repeated + whiteSpace(), length));
  }
}
