package io.llmrelay.chat;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Parses and formats durations as configurations have them: {@code 250ms}, {@code 10s}, {@code 5m},
 * {@code 1h}.
 */
public final class Durations {
  private static final Pattern FORM = Pattern.compile("(\\d{1,9})\\s*(ms|s|m|h)");

  /** The allowed form, for error messages. */
  public static final String FORMAT = "a duration such as 250ms, 10s, 5m or 1h";

  private Durations() {}

  /**
   * Reads a duration.
   *
   * @throws IllegalArgumentException if it has another form or is zero
   */
  public static Duration parse(String text) {
    Matcher matcher = FORM.matcher(text.trim().toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new IllegalArgumentException("must be " + FORMAT);
    }
    long n = Long.parseLong(matcher.group(1));
    if (n == 0) {
      throw new IllegalArgumentException("must be longer than 0");
    }
    return switch (matcher.group(2)) {
      case "ms" -> Duration.ofMillis(n);
      case "s" -> Duration.ofSeconds(n);
      case "m" -> Duration.ofMinutes(n);
      default -> Duration.ofHours(n);
    };
  }

  /** Returns the shortest form that {@link #parse} accepts. */
  public static String format(Duration duration) {
    long ms = duration.toMillis();
    if (ms % 3_600_000 == 0) {
      return ms / 3_600_000 + "h";
    }
    if (ms % 60_000 == 0) {
      return ms / 60_000 + "m";
    }
    return ms % 1000 == 0 ? ms / 1000 + "s" : ms + "ms";
  }
}
