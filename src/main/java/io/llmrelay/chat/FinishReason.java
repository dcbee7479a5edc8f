package io.llmrelay.chat;

import java.util.Locale;

/** Why an answer ended, in OpenAI's words. */
public enum FinishReason {
  STOP,
  LENGTH,
  TOOL_CALLS,
  CONTENT_FILTER;

  /** The name on the wire, such as {@code tool_calls}. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The reason with this wire name. */
  public static FinishReason of(String code) {
    return valueOf(code.toUpperCase(Locale.ROOT));
  }
}
