package io.llmrelay.chat;

import java.util.Locale;

/** What a chunk is a piece of. */
public enum ChunkKind {
  /** The answer. */
  TEXT,
  /** The model's thinking, where the provider shows it; never part of the answer. */
  REASONING,
  /** A refusal in the model's own words (OpenAI sends it apart from the text). */
  REFUSAL;

  /** The name on the wire: {@code text}, {@code reasoning}, {@code refusal}. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The kind with this wire name; {@code null} means {@link #TEXT}. */
  public static ChunkKind of(String code) {
    return code == null ? TEXT : valueOf(code.toUpperCase(Locale.ROOT));
  }
}
