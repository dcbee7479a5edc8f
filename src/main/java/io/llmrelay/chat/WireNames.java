package io.llmrelay.chat;

import java.util.Locale;

/** Reads enumerations that may come from a newer version. */
final class WireNames {
  private WireNames() {}

  /** The value with this name in lower case, or the given one for a name that is not known. */
  static <E extends Enum<E>> E find(E[] values, String name, E other) {
    for (E value : values) {
      if (value.name().toLowerCase(Locale.ROOT).equals(name)) {
        return value;
      }
    }
    return other;
  }
}
