package io.llmrelay.provider;

import io.vertx.core.MultiMap;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long an error asks to wait, in milliseconds; -1 where it does not say.
 *
 * <p>From the surest source to the least: {@code retry-after-ms}, {@code retry-after}, the calendar
 * of a spent allowance, a delay or a date in the error, "try again in" in its text, and the reset
 * headers of the buckets that are empty. A wait of nothing is no information.
 */
final class Waiting {
  /** Nobody is believed who wants more. */
  static final long MAX_MS = Duration.ofDays(31).toMillis();

  private static final String NUMBER = "\\d{1,18}(?:\\.\\d{1,18})?";

  private static final Pattern HINT =
      Pattern.compile(
          "(?:try again|retry) (?:in|after) ((?:%s(?:ms|[hms])(?![a-z]))+|%s ?(?:second|minute|hour))"
              .formatted(NUMBER, NUMBER));

  /** As Go writes them: {@code 9m38.016s}, {@code 450ms}. */
  private static final Pattern DURATION =
      Pattern.compile("(?:(%1$s)h)?(?:(%1$s)m(?!s))?(?:(%1$s)s)?(?:(%1$s)ms)?".formatted(NUMBER));

  private static final double[] DURATION_UNITS_MS = {3_600_000, 60_000, 1_000, 1};

  /** From here on a number is no waiting time but seconds, or milliseconds, since 1970. */
  private static final double EPOCH_SECONDS = 1e9;

  private static final double EPOCH_MILLISECONDS = 1e12;

  private static final ZoneId PACIFIC = ZoneId.of("America/Los_Angeles");

  private Waiting() {}

  static long ms(MultiMap headers, ErrorBody error, ErrorRules.Renewal renewal, Instant now) {
    String retryAfterMs = headers.get("retry-after-ms");
    long[] sources = {
      time(retryAfterMs == null ? null : retryAfterMs + "ms", now),
      time(headers.get("retry-after"), now),
      renewal(renewal, now),
      time(error.retryDelay(), now),
      time(error.resetsAt(), now),
      hint(error.text().toLowerCase(Locale.ROOT)),
      emptyBuckets(headers, now)
    };
    for (long ms : sources) {
      if (ms > 0) {
        return Math.min(ms, MAX_MS);
      }
    }
    return -1;
  }

  private static long emptyBuckets(MultiMap headers, Instant now) {
    long longest = -1;
    for (Map.Entry<String, String> header : headers) {
      String name = header.getKey().toLowerCase(Locale.ROOT);
      if (name.contains("ratelimit")
          && name.contains("remaining")
          && header.getValue().matches("0+(\\.0*)?")) {
        longest = Math.max(longest, time(headers.get(name.replace("remaining", "reset")), now));
      }
    }
    return longest;
  }

  private static long hint(String text) {
    Matcher hint = HINT.matcher(text);
    return hint.find()
        ? duration(hint.group(1).replaceFirst(" ?(s)econd| ?(m)inute| ?(h)our", "$1$2$3"))
        : -1;
  }

  /** Milliseconds until a time that is written as seconds, as a duration, or as a date. */
  private static long time(String value, Instant now) {
    if (value == null || value.isBlank()) {
      return -1;
    }
    String time = value.strip();
    if (time.matches(NUMBER)) {
      double number = Double.parseDouble(time);
      if (number < EPOCH_SECONDS) {
        return (long) Math.ceil(number * 1000);
      }
      return (long) (number < EPOCH_MILLISECONDS ? number * 1000 : number) - now.toEpochMilli();
    }
    long duration = duration(time);
    return duration >= 0 ? duration : date(time, now);
  }

  private static long duration(String value) {
    Matcher parts = DURATION.matcher(value);
    if (!parts.matches()) {
      return -1;
    }
    double ms = 0;
    for (int i = 0; i < DURATION_UNITS_MS.length; i++) {
      String part = parts.group(i + 1);
      ms += part == null ? 0 : Double.parseDouble(part) * DURATION_UNITS_MS[i];
    }
    return (long) Math.ceil(ms);
  }

  private static long date(String value, Instant now) {
    for (DateTimeFormatter format :
        new DateTimeFormatter[] {
          DateTimeFormatter.ISO_OFFSET_DATE_TIME, DateTimeFormatter.RFC_1123_DATE_TIME
        }) {
      try {
        return now.until(Instant.from(format.parse(value)), ChronoUnit.MILLIS);
      } catch (DateTimeException | ArithmeticException e) {
        // Perhaps in the other format.
      }
    }
    return -1;
  }

  private static long renewal(ErrorRules.Renewal renewal, Instant now) {
    ZonedDateTime next =
        switch (renewal) {
          case NONE -> null;
          case DAY_UTC -> midnight(now.atZone(ZoneOffset.UTC)).plusDays(1);
          case DAY_PACIFIC -> midnight(now.atZone(PACIFIC)).plusDays(1);
          case MONTH_UTC -> midnight(now.atZone(ZoneOffset.UTC)).withDayOfMonth(1).plusMonths(1);
        };
    return next == null ? -1 : now.until(next, ChronoUnit.MILLIS);
  }

  private static ZonedDateTime midnight(ZonedDateTime time) {
    return time.truncatedTo(ChronoUnit.DAYS);
  }
}
