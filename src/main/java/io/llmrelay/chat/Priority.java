package io.llmrelay.chat;

import java.util.Locale;

/**
 * The class of a request. Of the requests that wait for a slot, those of a higher priority come
 * first; an overloaded relay refuses those of a lower priority first.
 */
public enum Priority {
  /** For requests of users who wait. */
  HIGH,
  /** The default. */
  NORMAL,
  /** For work that can be repeated later. */
  LOW;

  /** Returns the name in requests and configuration: {@code high}, {@code normal}, {@code low}. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Returns the priority with a {@link #code}.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Priority of(Object code) {
    for (Priority priority : values()) {
      if (priority.code().equals(code)) {
        return priority;
      }
    }
    throw new IllegalArgumentException("must be \"high\", \"normal\" or \"low\"");
  }

  /** Returns the lower of two priorities. */
  public Priority atMost(Priority other) {
    return compareTo(other) >= 0 ? this : other;
  }
}
