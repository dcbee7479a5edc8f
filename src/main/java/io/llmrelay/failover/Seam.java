package io.llmrelay.failover;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

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

  private final byte[] text;

  /** The length of the text without white space at its end. */
  private final int trimmed;

  private byte[] held = new byte[256];
  private int length;

  /** Where in the text all that is held occurs; {@code null} once no repetition is possible. */
  private List<Integer> starts = List.of();

  /** The bytes that are dropped as a repetition. */
  private int repeated;

  Seam(byte[] text) {
    this.text = text;
    int end = text.length;
    while (end > 0 && isWhiteSpace(text[end - 1])) {
      end--;
    }
    trimmed = end;
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
    List<Integer> left = new ArrayList<>();
    boolean ends = false;
    int possible = index == 0 ? trimmed : starts.size();
    for (int i = 0; i < possible; i++) {
      int start = index == 0 ? i : starts.get(i);
      if (isLongEnough(start) && text[start + index] == held[index]) {
        ends |= start + matched == trimmed;
        left.add(start);
      }
    }
    if (ends) {
      repeated = left.size() == 1 && !occursBefore(matched) && !isPeriodic(matched) ? matched : 0;
    }
    starts = ends || left.isEmpty() ? null : left;
  }

  /** Returns whether what is held occurs in the text before its end. */
  private boolean occursBefore(int matched) {
    for (int i = 0; i + matched < trimmed; i++) {
      if (Arrays.equals(text, i, i + matched, held, 0, matched)) {
        return true;
      }
    }
    return false;
  }

  /** Returns whether what is held repeats a pattern, so that the model may go on with it. */
  private boolean isPeriodic(int matched) {
    for (int period = 1; period <= matched / 2; period++) {
      if (Arrays.equals(held, period, matched, held, 0, matched - period)) {
        return true;
      }
    }
    return false;
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
