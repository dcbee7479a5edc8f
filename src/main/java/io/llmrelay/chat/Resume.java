package io.llmrelay.chat;

import java.util.Locale;

/** What happens to an answer that breaks off after the commit point. */
public enum Resume {
  /** It fails with what was delivered. */
  OFF,
  /**
   * A candidate of the same model gets the same request, and its answer is delivered from where it
   * has reproduced, byte for byte, what was delivered.
   */
  VERIFY,
  /**
   * A candidate that continues a message of the assistant gets the delivered text as its beginning;
   * others of the same model as with {@link #VERIFY}.
   */
  CONTINUE;

  /**
   * Reads {@code "off"}, {@code "verify"} or {@code "continue"}.
   *
   * @throws IllegalArgumentException for anything else
   */
  public static Resume of(Object value) {
    if (Boolean.FALSE.equals(value)) {
      return OFF;
    }
    for (Resume resume : values()) {
      if (resume.code().equals(value)) {
        return resume;
      }
    }
    throw new IllegalArgumentException("must be \"off\", \"verify\" or \"continue\"");
  }

  /** Returns the name in configurations and requests. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }
}
