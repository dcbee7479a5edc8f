package io.llmrelay.provider.error;

import io.llmrelay.chat.FailureKind;
import io.vertx.core.MultiMap;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * The delay before a retry that an error asks for, in milliseconds; -1 if it names none.
 *
 * <p>Sources are the headers {@code retry-after-ms} and {@code retry-after}, the calendar of a
 * spent quota, delays and dates in the error, "try again in" in its text, and the reset headers of
 * empty buckets. Of several delays the longest plausible one applies, since an earlier retry would
 * be refused again. For a 429 without any of them, the reset of the scarcest bucket applies. A
 * delay of 0 is ignored.
 *
 * <p>Delays of rate limits and quotas are facts and may last a month. The end of an outage cannot
 * be known, so its delay is bounded by {@link #MAX_OUTAGE}.
 */
final class RetryAfter {
  /** Upper bound for the delay that a failing server asks for. */
  static final Duration MAX_OUTAGE = Duration.ofMinutes(5);

  private static final String NUMBER = "\\d{1,18}(?:\\.\\d{1,18})?";

  /** One part of a duration: {@code 7m}, {@code 450ms}, {@code 30 seconds}. */
  private static final Pattern PART =
      Pattern.compile(
          "(%s) ?(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)(?![a-z])"
              .formatted(NUMBER));

  /**
   * A duration as Go formats it, {@code 9m38.016s}, or in words, {@code 1 minute and 30 seconds}.
   */
  private static final Pattern DURATION =
      Pattern.compile("(?:%s(?:,? (?:and )?)?){1,6}".formatted(PART.pattern()));

  /** The words before a delay or date in a sentence. */
  private static final String CUE =
      "(?:try(?:ing)? again|retry|wait|resets?|available|regain access)[^.\\d\\n]{0,30}";

  private static final Pattern HINT = Pattern.compile(CUE + "(" + DURATION.pattern() + ")");

  /** A header or field that a text quotes. */
  private static final Pattern QUOTED =
      Pattern.compile(
          "retry[-_ ]?after(?:[-_ ]?(?:seconds|(ms)))?[\"']?\\s*[:=]\\s*[\"']?(%s)(?!\\w)"
              .formatted(NUMBER));

  /** A date, optionally with a time in UTC. */
  private static final Pattern DATE =
      Pattern.compile(
          CUE + "(\\d{4}-\\d{2}-\\d{2})(?:(?:t| at | )(\\d{2}:\\d{2}(?::\\d{2})?))?+(?![\\d:+-])");

  /** The maximum length of a value; longer ones are not parsed. */
  private static final int MAX_VALUE = 100;

  /** Numbers from here on are seconds since 1970; those a thousand times larger, milliseconds. */
  private static final double EPOCH_SECONDS = 1e9;

  private static final double EPOCH_MILLISECONDS = 1e12;

  private static final Pattern RESET_HEADER = Pattern.compile(".*rate-?limit.*reset.*");

  /** {@code limit=100, remaining=0, reset=50}, or {@code "default";r=0;t=50}. */
  private static final Pattern RESET_IN_ONE = Pattern.compile("\\b(?:reset|t)=(\\d{1,9})");

  private static final Pattern REMAINING_IN_ONE = Pattern.compile("\\b(?:remaining|r)=(\\d{1,9})");

  private static final ZoneId PACIFIC = ZoneId.of("America/Los_Angeles");

  /** A bucket of a rate limit: the remaining share, and the time until its reset. */
  private record Bucket(double left, long resetMs) {}

  private RetryAfter() {}

  /**
   * Returns the delay of an error.
   *
   * @param redacted the text of the error without quotations of the prompt
   * @param status the HTTP status
   * @param maxMs upper bound for a rate limit or a spent quota
   */
  static long ms(
      MultiMap headers,
      ErrorBody error,
      String redacted,
      ErrorRules.Verdict verdict,
      int status,
      Instant now,
      long maxMs) {
    boolean limited =
        verdict.kind() == FailureKind.RATE_LIMITED || verdict.kind() == FailureKind.QUOTA_EXHAUSTED;
    long max = limited ? maxMs : Math.min(maxMs, MAX_OUTAGE.toMillis());
    MultiMap all = MultiMap.caseInsensitiveMultiMap().addAll(error.headers()).addAll(headers);
    String retryAfterMs = all.get("retry-after-ms");
    LongStream announced =
        LongStream.of(
            time(retryAfterMs == null ? null : retryAfterMs + "ms", now),
            time(all.get("retry-after"), now),
            renewal(verdict.renewal(), now));
    LongStream inError =
        LongStream.concat(
            error.delays().stream().mapToLong(delay -> time(delay, now)),
            hints(redacted.toLowerCase(Locale.ROOT), now));
    Bucket[] buckets = buckets(all, now).toArray(Bucket[]::new);
    LongStream empty =
        Arrays.stream(buckets).filter(bucket -> bucket.left <= 0).mapToLong(Bucket::resetMs);
    long ms = longest(LongStream.concat(LongStream.concat(announced, inError), empty), max);
    return ms < 0 && status == 429 ? longest(scarcest(buckets), max) : ms;
  }

  /** Returns the longest delay within the bound; the bound itself if all delays exceed it. */
  private static long longest(LongStream waits, long max) {
    long longest = -1;
    long bound = -1;
    for (long ms : waits.toArray()) {
      if (ms > max) {
        bound = max;
      } else if (ms > 0) {
        longest = Math.max(longest, ms);
      }
    }
    return longest < 0 ? bound : longest;
  }

  private static Stream<Bucket> buckets(MultiMap headers, Instant now) {
    return headers.names().stream()
        .map(name -> name.toLowerCase(Locale.ROOT))
        .distinct()
        .map(
            name ->
                name.equals("ratelimit")
                    ? bucketInOne(headers.get(name))
                    : RESET_HEADER.matcher(name).matches() ? bucket(headers, name, now) : null)
        .filter(bucket -> bucket != null);
  }

  private static Bucket bucket(MultiMap headers, String name, Instant now) {
    double remaining = number(headers.get(name.replace("reset", "remaining")));
    double limit = number(headers.get(name.replace("reset", "limit")));
    long reset = time(headers.get(name), now);
    // A bucket without a remaining count may be the empty one.
    return new Bucket(Double.isNaN(remaining) ? Double.MIN_VALUE : left(remaining, limit), reset);
  }

  private static Bucket bucketInOne(String value) {
    Matcher reset = RESET_IN_ONE.matcher(value);
    Matcher remaining = REMAINING_IN_ONE.matcher(value);
    return reset.find() && remaining.find()
        ? new Bucket(left(number(remaining.group(1)), Double.NaN), seconds(number(reset.group(1))))
        : null;
  }

  private static double left(double remaining, double limit) {
    return limit > 0 ? remaining / limit : remaining;
  }

  private static LongStream scarcest(Bucket[] buckets) {
    double least = Arrays.stream(buckets).mapToDouble(Bucket::left).min().orElse(0);
    return Arrays.stream(buckets).filter(bucket -> bucket.left <= least).mapToLong(Bucket::resetMs);
  }

  private static double number(String value) {
    return value != null && value.strip().matches("-?" + NUMBER)
        ? Double.parseDouble(value.strip())
        : Double.NaN;
  }

  private static LongStream hints(String text, Instant now) {
    LongStream durations = matches(HINT, text).mapToLong(hint -> duration(hint.group(1).strip()));
    LongStream quoted =
        matches(QUOTED, text)
            .mapToLong(hint -> time(hint.group(2) + (hint.group(1) == null ? "" : "ms"), now));
    LongStream dates =
        matches(DATE, text).mapToLong(hint -> dateOfUtc(hint.group(1), hint.group(2), now));
    return LongStream.concat(LongStream.concat(durations, quoted), dates);
  }

  private static Stream<MatchResult> matches(Pattern pattern, String text) {
    return pattern.matcher(text).results();
  }

  /** Returns the milliseconds until a time written as seconds, as a duration, or as a date. */
  private static long time(String value, Instant now) {
    if (value == null || value.isBlank() || value.length() > MAX_VALUE) {
      return -1;
    }
    String time = value.strip();
    if (time.matches(NUMBER)) {
      double number = Double.parseDouble(time);
      if (number < EPOCH_SECONDS) {
        return seconds(number);
      }
      return (long) (number < EPOCH_MILLISECONDS ? number * 1000 : number) - now.toEpochMilli();
    }
    long duration = duration(time.toLowerCase(Locale.ROOT));
    return duration >= 0 ? duration : date(time, now);
  }

  private static long seconds(double seconds) {
    return (long) Math.ceil(seconds * 1000);
  }

  private static long duration(String value) {
    if (!DURATION.matcher(value).matches()) {
      return -1;
    }
    double ms =
        matches(PART, value)
            .mapToDouble(part -> Double.parseDouble(part.group(1)) * unitMs(part.group(2)))
            .sum();
    return (long) Math.ceil(ms);
  }

  private static double unitMs(String unit) {
    if (unit.startsWith("ms") || unit.startsWith("mil")) {
      return 1;
    }
    return switch (unit.charAt(0)) {
      case 's' -> 1_000;
      case 'm' -> 60_000;
      case 'h' -> 3_600_000;
      default -> 86_400_000;
    };
  }

  private static long date(String value, Instant now) {
    for (DateTimeFormatter format :
        new DateTimeFormatter[] {
          DateTimeFormatter.ISO_OFFSET_DATE_TIME, DateTimeFormatter.RFC_1123_DATE_TIME
        }) {
      try {
        return now.until(Instant.from(format.parse(value)), ChronoUnit.MILLIS);
      } catch (DateTimeException | ArithmeticException e) {
        // Try the other format.
      }
    }
    return -1;
  }

  private static long dateOfUtc(String date, String time, Instant now) {
    try {
      LocalTime ofDay = time == null ? LocalTime.MIDNIGHT : LocalTime.parse(time);
      Instant at = LocalDate.parse(date).atTime(ofDay).toInstant(ZoneOffset.UTC);
      return now.until(at, ChronoUnit.MILLIS);
    } catch (DateTimeException | ArithmeticException e) {
      return -1;
    }
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
