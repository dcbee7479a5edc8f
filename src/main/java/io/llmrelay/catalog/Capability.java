package io.llmrelay.catalog;

import java.util.Locale;

/** What a model can do. */
public enum Capability {
  STREAMING,
  TOOLS,
  VISION,
  REASONING;

  /** The name in JSON, such as {@code streaming}. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }
}
