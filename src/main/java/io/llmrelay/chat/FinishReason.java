package io.llmrelay.chat;

import java.util.Locale;
import java.util.Objects;

/** The reason why an answer ended, in OpenAI's terms. */
public enum FinishReason {
  STOP,
  LENGTH,
  TOOL_CALLS,
  CONTENT_FILTER,
  /** A reason this version does not know. */
  OTHER;

  /** Returns the name on the wire, such as {@code tool_calls}. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Returns the reason with this wire name; {@link #OTHER} for an unknown one.
   *
   * @throws NullPointerException if the name is {@code null}
   */
  public static FinishReason of(String code) {
    return WireNames.find(values(), Objects.requireNonNull(code), OTHER);
  }
}
