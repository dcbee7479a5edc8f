package io.llmrelay.chat;

/**
 * When a candidate becomes final. Until then its output is held back and its failure is served by
 * the next one.
 *
 * @param characters how many characters of content release the latch: 1 is the first chunk, {@link
 *     Integer#MAX_VALUE} the whole answer
 */
public record CommitPoint(int characters) {
  /** The first chunk with content: nothing is added to the time to the first byte. */
  public static final CommitPoint FIRST_CHUNK = new CommitPoint(1);

  /** The end of the answer: failures in mid-stream fall back too, for a late first byte. */
  public static final CommitPoint COMPLETE = new CommitPoint(Integer.MAX_VALUE);

  public CommitPoint {
    if (characters < 1) {
      throw new IllegalArgumentException("commit must be at least 1 character");
    }
  }

  /** Reads {@code "first-chunk"}, {@code "complete"} or a number of characters. */
  public static CommitPoint of(Object value) {
    if ("first-chunk".equals(value)) {
      return FIRST_CHUNK;
    }
    if ("complete".equals(value)) {
      return COMPLETE;
    }
    if (value instanceof Integer n && n >= 1) {
      return new CommitPoint(n);
    }
    throw new IllegalArgumentException(
        "must be \"first-chunk\", \"complete\" or a number of characters from 1");
  }

  /** The JSON form: a name or a number. */
  public Object toJson() {
    if (equals(FIRST_CHUNK)) {
      return "first-chunk";
    }
    return equals(COMPLETE) ? "complete" : (Object) characters;
  }
}
