package io.llmrelay.chat;

/**
 * When a candidate becomes final. Until then its output is held back and its failure is served by
 * the next one.
 *
 * @param characters how many characters of content release the latch: 1 is the first chunk, {@link
 *     Integer#MAX_VALUE} the whole answer
 * @param textOnly whether only the answer's own text (or a refusal) counts as content; otherwise
 *     reasoning does too
 * @param wholeCalls whether an answer that begins with a tool call is held until all its calls are
 *     whole and valid
 */
public record CommitPoint(int characters, boolean textOnly, boolean wholeCalls) {
  /** The first chunk with content: nothing is added to the time to the first byte. */
  public static final CommitPoint FIRST_CHUNK = new CommitPoint(1);

  /** The first chunk of text or of a refusal: reasoning before it is held, within the latch. */
  public static final CommitPoint FIRST_TEXT = new CommitPoint(1, true, false);

  /**
   * The first chunk of text or of a refusal, or the end of an answer that begins with a tool call,
   * once each call names a tool of the request and its arguments are valid.
   */
  public static final CommitPoint TOOL_CALLS = new CommitPoint(1, true, true);

  /** The end of the answer: failures in mid-stream fall back too, for a late first byte. */
  public static final CommitPoint COMPLETE = new CommitPoint(Integer.MAX_VALUE);

  public CommitPoint {
    if (characters < 1) {
      throw new IllegalArgumentException("commit must be at least 1 character");
    }
  }

  /** A commit point after so many characters of content, reasoning included. */
  public CommitPoint(int characters) {
    this(characters, false, false);
  }

  /** Whether chunks of this kind count towards the commit point. */
  public boolean counts(BlockKind kind) {
    return switch (kind) {
      case TEXT, REFUSAL, EMBEDDING, OTHER -> true;
      case REASONING -> !textOnly;
      case TOOL_CALL -> !wholeCalls;
      case DATA, EVENT -> false;
    };
  }

  /**
   * Reads {@code "first-chunk"}, {@code "first-text"}, {@code "tool-calls"}, {@code "complete"} or
   * a number of characters.
   */
  public static CommitPoint of(Object value) {
    if ("first-chunk".equals(value)) {
      return FIRST_CHUNK;
    }
    if ("first-text".equals(value)) {
      return FIRST_TEXT;
    }
    if ("tool-calls".equals(value)) {
      return TOOL_CALLS;
    }
    if ("complete".equals(value)) {
      return COMPLETE;
    }
    if (value instanceof Integer n && n >= 1) {
      return new CommitPoint(n);
    }
    throw new IllegalArgumentException(
        "must be \"first-chunk\", \"first-text\", \"tool-calls\", \"complete\" or a number of"
            + " characters from 1");
  }

  /** The JSON form: a name or a number. */
  public Object toJson() {
    if (equals(FIRST_CHUNK)) {
      return "first-chunk";
    }
    if (equals(FIRST_TEXT)) {
      return "first-text";
    }
    if (equals(TOOL_CALLS)) {
      return "tool-calls";
    }
    return equals(COMPLETE) ? "complete" : (Object) characters;
  }
}
