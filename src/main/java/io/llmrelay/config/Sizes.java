package io.llmrelay.config;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Parses and formats sizes such as {@code 512KB} and {@code 4MB}. A KB is 1024 bytes. */
final class Sizes {
  private static final Pattern FORM = Pattern.compile("(\\d{1,9})\\s*(b|kb|mb)");

  /** The valid format, for error messages. */
  static final String FORMAT = "a size such as 512KB or 4MB, below 2048MB";

  private Sizes() {}

  /**
   * Parses a size.
   *
   * @throws IllegalArgumentException if the format is invalid or the size is too large
   */
  static int parse(String text) {
    Matcher matcher = FORM.matcher(text.trim().toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new IllegalArgumentException("must be " + FORMAT);
    }
    long unit =
        switch (matcher.group(2)) {
          case "b" -> 1;
          case "kb" -> 1024;
          default -> 1024 * 1024;
        };
    long bytes = Long.parseLong(matcher.group(1)) * unit;
    if (bytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("must be " + FORMAT);
    }
    return (int) bytes;
  }

  /** Formats a size in the largest unit of which it is a multiple. */
  static String format(int bytes) {
    if (bytes % (1024 * 1024) == 0) {
      return bytes / (1024 * 1024) + "MB";
    }
    return bytes % 1024 == 0 ? bytes / 1024 + "KB" : bytes + "B";
  }
}
