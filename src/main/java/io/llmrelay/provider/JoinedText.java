package io.llmrelay.provider;

import io.llmrelay.chat.RawJson;
import java.util.ArrayList;
import java.util.List;

/**
 * Texts that become one string; a single one is copied as it was received.
 *
 * <p>Parts of a prompt are texts of their own, such as a document and a question about it: a blank
 * line separates two of them unless there is white space between them. The blocks of an answer are
 * not separated, since a model, or a citation, may begin one within a sentence.
 */
public final class JoinedText {
  /** The length of an empty string: its quotes. */
  private static final int EMPTY = 2;

  private static final String BLANK_LINE = "\n\n";

  private final List<RawJson> texts = new ArrayList<>();
  private final boolean separated;

  private JoinedText(boolean separated) {
    this.separated = separated;
  }

  /** Returns the text of an answer, without any part yet. */
  public static JoinedText ofAnswer() {
    return new JoinedText(false);
  }

  /** Returns the text of a prompt or of a tool's result, without any part yet. */
  public static JoinedText ofPrompt() {
    return new JoinedText(true);
  }

  /** Adds a string, unless it is empty or {@code null}. */
  public void add(RawJson text) {
    if (text != null && text.length() > EMPTY) {
      texts.add(text);
    }
  }

  public boolean isEmpty() {
    return texts.isEmpty();
  }

  /** Returns the string, for a {@link JsonBody}. */
  public Object value() {
    if (texts.size() == 1) {
      return texts.get(0);
    }
    StringBuilder all = new StringBuilder();
    for (RawJson text : texts) {
      String next = text.string();
      if (separated && !all.isEmpty() && !isSpaceBetween(all, next)) {
        all.append(BLANK_LINE);
      }
      all.append(next);
    }
    return all.toString();
  }

  private static boolean isSpaceBetween(CharSequence text, String next) {
    return Character.isWhitespace(text.charAt(text.length() - 1))
        || Character.isWhitespace(next.charAt(0));
  }
}
