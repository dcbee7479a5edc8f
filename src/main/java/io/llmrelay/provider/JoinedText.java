package io.llmrelay.provider;

import io.llmrelay.chat.RawJson;
import java.util.ArrayList;
import java.util.List;

/** Texts that become one string; a single one is copied as it was received. */
public final class JoinedText {
  /** The length of an empty string: its quotes. */
  private static final int EMPTY = 2;

  private final List<RawJson> texts = new ArrayList<>();

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
    texts.forEach(text -> all.append(text.string()));
    return all.toString();
  }
}
