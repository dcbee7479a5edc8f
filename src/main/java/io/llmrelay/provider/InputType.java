package io.llmrelay.provider;

import java.util.Locale;

/** What embedded texts are used for. Each vendor has words of its own for it. */
public enum InputType {
  QUERY("query", "search_query", "retrieval_query"),
  DOCUMENT("document", "passage", "search_document", "retrieval_document"),
  CLASSIFICATION("classification"),
  CLUSTERING("clustering");

  private final String[] words;

  InputType(String... words) {
    this.words = words;
  }

  /**
   * Returns the type with one of the vendors' words, in any case; {@code null} if there is none.
   */
  public static InputType of(String word) {
    String lower = word.toLowerCase(Locale.ROOT);
    for (InputType type : values()) {
      for (String known : type.words) {
        if (known.equals(lower)) {
          return type;
        }
      }
    }
    return null;
  }
}
