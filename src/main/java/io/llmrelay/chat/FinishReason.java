package io.llmrelay.chat;

import java.util.Locale;
import java.util.Objects;

/** Why an answer ended, in OpenAI's words. */
public enum FinishReason {
  STOP,
  LENGTH,
  TOOL_CALLS,
  CONTENT_FILTER,
  /** A reason this version does not know. */
  OTHER;

  /** The name on the wire, such as {@code tool_calls}. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The reason with this wire name, {@link #OTHER} for an unknown one.
   *
   * @throws NullPointerException if there is none
   */
  public static FinishReason of(String code) {
    return WireNames.find(values(), Objects.requireNonNull(code), OTHER);
  }
}
