package io.llmrelay.chat;

import java.util.Locale;

/** Reads enumeration constants, which may come from a newer version. */
final class WireNames {
  private WireNames() {}

  /** Returns the constant whose name in lower case is this, or the default for an unknown name. */
  static <E extends Enum<E>> E find(E[] values, String name, E other) {
    for (E value : values) {
      if (value.name().toLowerCase(Locale.ROOT).equals(name)) {
        return value;
      }
    }
    return other;
  }
}
