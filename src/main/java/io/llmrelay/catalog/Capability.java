package io.llmrelay.catalog;

import java.util.Locale;

/** A capability of a model, as the catalogue states it. */
public enum Capability {
  STREAMING,
  TOOLS,
  VISION,
  REASONING,
  EMBEDDINGS;

  /** Returns the name in JSON, such as {@code streaming}. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }
}
