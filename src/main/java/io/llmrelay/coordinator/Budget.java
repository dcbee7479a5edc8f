package io.llmrelay.coordinator;

import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.BudgetOptions;
import io.llmrelay.observe.RelayEvent.BudgetThreshold;
import io.vertx.core.json.JsonObject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The budget of one backend.
 *
 * <p>An attempt counts as a request when it starts, and with its tokens and dollars when it ends,
 * in the window that is then. In between, what it is expected to take is set aside. An attempt is
 * let in where what is used, what is set aside and what it is expected to take itself fit every
 * limit; so a limit is passed only by as much as the estimates were too low.
 */
final class Budget {
  private static final Logger LOG = System.getLogger(Budget.class.getName());

  /** One limit, and what is used of it within the current window. */
  private static final class Meter {
    final BudgetLimit limit;
    final long max;
    final long warnAt;
    long begin;
    long end;
    long used;
    boolean warned;
    boolean spent;

    Meter(BudgetLimit limit, BudgetOptions options) {
      this.limit = limit;
      this.max = limit.count(limit.of(options));
      this.warnAt = (long) Math.ceil(max * options.getWarnAt());
    }

    /** Begins a new window where the old one is over; a clock that is put back begins none. */
    Meter at(long now) {
      if (now >= end) {
        begin = limit.begin(now);
        end = limit.end(now);
        used = 0;
        warned = false;
        spent = false;
      }
      return this;
    }
  }

  private final String backend;
  private final InstantSource clock;
  private final Consumer<BudgetThreshold> listener;
  private final Consumer<Spend> news;
  private final List<Meter> meters = new ArrayList<>();
  private Spend setAside = Spend.NOTHING;
  private boolean unpriced;

  /**
   * A budget of which nothing is used.
   *
   * @param listener told when much or all of a limit is used
   * @param news told what was spent here
   */
  Budget(
      String backend,
      BudgetOptions options,
      InstantSource clock,
      Consumer<BudgetThreshold> listener,
      Consumer<Spend> news) {
    this.backend = backend;
    this.clock = clock;
    this.listener = listener;
    this.news = news;
    for (BudgetLimit limit : BudgetLimit.values()) {
      if (limit.of(options) != null) {
        meters.add(new Meter(limit, options));
      }
    }
  }

  /** Why an attempt that is expected to take so much may not be made now, or {@code null}. */
  Gate.Skip look(Spend expected) {
    Meter full = full(expected);
    return full == null ? null : skip(full, expected);
  }

  /**
   * Lets an attempt in ({@code null}) and sets aside what it is expected to take, or says why not.
   */
  Gate.Skip enter(Spend expected) {
    Meter full = full(expected);
    if (full == null) {
      setAside = setAside.plus(expected);
      spend(Spend.ONE_REQUEST);
      return null;
    }
    long alone = full.limit.count(expected.plus(Spend.ONE_REQUEST));
    if (full.used + alone > full.max && alone <= full.max) {
      tell(full, true);
    }
    return skip(full, expected);
  }

  /** The attempt that was let in is over: it took this instead of what was expected. */
  void leave(Spend expected, TokenUsage usage, Double costUsd) {
    setAside = setAside.minus(expected);
    if (costUsd == null && usage.totalTokens() > 0) {
      warnUnpriced();
    }
    spend(Spend.of(usage.totalTokens(), costUsd));
  }

  /** Another coordinator spent something. */
  void heard(Spend spent) {
    add(spent);
  }

  /** Whether all of a limit is used that lasts a day or longer. */
  boolean spent() {
    return isSpent(FailureKind.QUOTA_EXHAUSTED);
  }

  /** Whether all of any limit is used. */
  boolean tight() {
    return spent() || isSpent(FailureKind.RATE_LIMITED);
  }

  /** What is used of each limit: {@code {"daily-usd": {"used", "max", "renews_in_ms"}}}. */
  JsonObject report() {
    JsonObject report = new JsonObject();
    long now = clock.millis();
    for (Meter meter : meters) {
      BudgetLimit limit = meter.at(now).limit;
      report.put(
          limit.code(),
          new JsonObject()
              .put("used", limit.shown(meter.used))
              .put("max", limit.shown(meter.max))
              .put("renews_in_ms", meter.end - now));
    }
    return report;
  }

  /** What is used, to be saved: {@code {"daily-usd": {"since", "used"}}}. */
  JsonObject toJson() {
    JsonObject json = new JsonObject();
    for (Meter meter : meters) {
      meter.at(clock.millis());
      json.put(
          meter.limit.code(),
          new JsonObject().put("since", meter.begin).put("used", meter.limit.shown(meter.used)));
    }
    return json;
  }

  /** What {@link #toJson} wrote, as far as its windows are not over. Nobody is told again. */
  void restore(JsonObject json) {
    for (Meter meter : meters) {
      JsonObject saved = json.getJsonObject(meter.limit.code());
      meter.at(clock.millis());
      if (saved != null && saved.getLong("since") == meter.begin) {
        meter.used = meter.limit.count(saved.getNumber("used"));
        meter.warned = meter.used >= meter.warnAt;
        meter.spent = meter.used >= meter.max;
      }
    }
  }

  private void spend(Spend spent) {
    add(spent);
    if (!spent.equals(Spend.NOTHING)) {
      news.accept(spent);
    }
  }

  private void add(Spend spent) {
    for (Meter meter : meters) {
      meter.at(clock.millis()).used += meter.limit.count(spent);
      if (meter.used >= meter.max) {
        tell(meter, true);
      } else if (meter.used >= meter.warnAt) {
        tell(meter, false);
      }
    }
  }

  private void tell(Meter meter, boolean spent) {
    if (spent ? meter.spent : meter.warned) {
      return;
    }
    meter.warned = true;
    meter.spent = spent;
    listener.accept(
        new BudgetThreshold(
            backend,
            meter.limit.code(),
            meter.limit.shown(meter.used),
            meter.limit.shown(meter.max),
            spent,
            meter.end - clock.millis()));
  }

  /** The limit that has no room for so much more; of several the one that renews last. */
  private Meter full(Spend expected) {
    Spend more = expected.plus(Spend.ONE_REQUEST).plus(setAside);
    long now = clock.millis();
    Meter full = null;
    for (Meter meter : meters) {
      if (meter.at(now).used + meter.limit.count(more) > meter.max
          && (full == null || meter.end > full.end)) {
        full = meter;
      }
    }
    return full;
  }

  private Gate.Skip skip(Meter full, Spend expected) {
    boolean never = full.limit.count(expected) > full.max;
    long renewsIn = full.end - clock.millis();
    String message =
        never
            ? "more than the whole of " + full.limit.code()
            : "no room in "
                + full.limit.code()
                + ", available in "
                + (renewsIn + 999) / 1000
                + " s";
    return new Gate.Skip(SkipReason.BUDGET, full.limit.kind(), message, never ? -1 : renewsIn);
  }

  private boolean isSpent(FailureKind kind) {
    long now = clock.millis();
    return meters.stream()
        .anyMatch(meter -> meter.limit.kind() == kind && meter.at(now).used >= meter.max);
  }

  private void warnUnpriced() {
    if (!unpriced && meters.stream().anyMatch(meter -> meter.limit.inUsd())) {
      unpriced = true;
      LOG.log(
          Level.WARNING,
          "backend {0} has a budget in dollars, but serves a model whose price is not known:"
              + " give it under catalog, or it does not count",
          backend);
    }
  }
}
