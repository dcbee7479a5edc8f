package io.llmrelay.chat;

import java.util.Locale;
import java.util.Objects;

/** The reason why an answer ended, in OpenAI's terms. */
public enum FinishReason {
  /** The answer is complete. */
  STOP,
  /** The limit of tokens was reached. */
  LENGTH,
  /** The model waits for the results of its tool calls. */
  TOOL_CALLS,
  /** The provider's content filter ended the answer. */
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
