package io.llmrelay.availability;

import io.llmrelay.chat.FailureKind;
import io.llmrelay.config.BudgetOptions;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/** The limits of a budget: what is counted within which window of the UTC calendar. */
enum BudgetLimit {
  DAILY_USD(Window.DAY, Cost::nanoUsd, BudgetOptions::getDailyUsd),
  MONTHLY_USD(Window.MONTH, Cost::nanoUsd, BudgetOptions::getMonthlyUsd),
  REQUESTS_PER_MINUTE(Window.MINUTE, Cost::requests, BudgetOptions::getRequestsPerMinute),
  REQUESTS_PER_DAY(Window.DAY, Cost::requests, BudgetOptions::getRequestsPerDay),
  TOKENS_PER_MINUTE(Window.MINUTE, Cost::tokens, BudgetOptions::getTokensPerMinute),
  TOKENS_PER_DAY(Window.DAY, Cost::tokens, BudgetOptions::getTokensPerDay);

  private static final long MINUTE_MS = 60_000;
  private static final long DAY_MS = 24 * 60 * MINUTE_MS;

  private enum Window {
    MINUTE,
    DAY,
    MONTH
  }

  private final Window window;
  private final ToLongFunction<Cost> measure;
  private final Function<BudgetOptions, Number> option;

  BudgetLimit(Window window, ToLongFunction<Cost> measure, Function<BudgetOptions, Number> option) {
    this.window = window;
    this.measure = measure;
    this.option = option;
  }

  /** Returns the name in the configuration, such as {@code daily-usd}. */
  String code() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Returns the configured limit, or {@code null}. */
  Number of(BudgetOptions options) {
    return option.apply(options);
  }

  boolean inUsd() {
    return this == DAILY_USD || this == MONTHLY_USD;
  }

  /** Returns the part of a cost that this limit counts. */
  long count(Cost cost) {
    return measure.applyAsLong(cost);
  }

  /** Converts a configured or saved amount to the unit of counting. */
  long count(Number amount) {
    return inUsd() ? Cost.nano(amount.doubleValue()) : amount.longValue();
  }

  /** Converts a count to the unit of the configuration. */
  Number shown(long count) {
    return inUsd() ? (Number) Cost.usd(count) : (Number) count;
  }

  /** Returns the failure of a request beyond the limit; limits per minute are rate limits. */
  FailureKind kind() {
    return window == Window.MINUTE ? FailureKind.RATE_LIMITED : FailureKind.QUOTA_EXHAUSTED;
  }

  /** Returns the start of the window that contains a time. */
  long begin(long epochMs) {
    return switch (window) {
      case MINUTE -> epochMs - Math.floorMod(epochMs, MINUTE_MS);
      case DAY -> epochMs - Math.floorMod(epochMs, DAY_MS);
      case MONTH -> firstDay(month(epochMs));
    };
  }

  /** Returns the end of the window that contains a time. */
  long end(long epochMs) {
    return switch (window) {
      case MINUTE -> begin(epochMs) + MINUTE_MS;
      case DAY -> begin(epochMs) + DAY_MS;
      case MONTH -> firstDay(month(epochMs).plusMonths(1));
    };
  }

  private static YearMonth month(long epochMs) {
    return YearMonth.from(Instant.ofEpochMilli(epochMs).atOffset(ZoneOffset.UTC));
  }

  private static long firstDay(YearMonth month) {
    return month.atDay(1).atStartOfDay().toInstant(ZoneOffset.UTC).toEpochMilli();
  }
}
