package io.llmrelay.chat;

/**
 * The point of an answer at which its candidate becomes final. Until then its output is held back,
 * and after a failure the next candidate serves the request.
 *
 * @param characters the characters of content that release the latch: 1 for the first chunk, {@link
 *     Integer#MAX_VALUE} for the whole answer
 * @param textOnly whether only text (or a refusal) counts as content; otherwise reasoning counts
 *     too
 * @param wholeCalls whether an answer that begins with a tool call is held until all its calls are
 *     complete and valid
 */
public record CommitPoint(int characters, boolean textOnly, boolean wholeCalls) {
  /** The first chunk with content; adds nothing to the time to the first chunk. */
  public static final CommitPoint FIRST_CHUNK = new CommitPoint(1);

  /**
   * The first chunk of text or of a refusal; earlier reasoning is held, up to the latch's limit.
   */
  public static final CommitPoint FIRST_TEXT = new CommitPoint(1, true, false);

  /**
   * The first chunk of text or of a refusal, or the end of an answer that begins with a tool call,
   * once each call names a tool of the request and its arguments are valid.
   */
  public static final CommitPoint TOOL_CALLS = new CommitPoint(1, true, true);

  /**
   * The end of the answer: failures in mid-stream fall back as well, but the first chunk is late.
   */
  public static final CommitPoint COMPLETE = new CommitPoint(Integer.MAX_VALUE);

  public CommitPoint {
    if (characters < 1) {
      throw new IllegalArgumentException("commit must be at least 1 character");
    }
  }

  /** Creates a commit point after a number of characters of content, reasoning included. */
  public CommitPoint(int characters) {
    this(characters, false, false);
  }

  /** Returns whether chunks of this kind count towards the commit point. */
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

  /** Returns the JSON form: a name or a number. */
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
