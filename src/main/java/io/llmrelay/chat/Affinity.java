package io.llmrelay.chat;

import java.util.Locale;

/** What identifies a conversation, whose requests go to the same backend and key. */
public enum Affinity {
  /** The hint {@code affinity} of the request, which the gateway sets to a session header. */
  SESSION,
  /** The setting {@code prompt_cache_key}. */
  PROMPT_CACHE_KEY,
  /** The end user's id. */
  USER,
  /** The messages up to the first one of the user. */
  MESSAGES;

  /** Returns the name in configurations and headers, such as {@code prompt-cache-key}. */
  public String code() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * Returns the constant with this code.
   *
   * @throws IllegalArgumentException if there is none; the message names the valid ones
   */
  public static Affinity of(String code) {
    for (Affinity each : values()) {
      if (each.code().equals(code)) {
        return each;
      }
    }
    throw new IllegalArgumentException("must be one of session, prompt-cache-key, user, messages");
  }
}
