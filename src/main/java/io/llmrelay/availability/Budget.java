package io.llmrelay.availability;

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
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * The budget of one backend; without limits it permits every attempt.
 *
 * <p>An attempt counts as a request when it starts, and with its tokens and dollars when it ends,
 * in the window of that moment. In between, its expected cost is reserved. An attempt is permitted
 * if the used, the reserved and its own expected cost together fit every limit; so a limit is
 * exceeded only by the error of the estimates.
 *
 * <p>The state is immutable and replaced as a whole, so any thread may read and update it without a
 * lock.
 */
final class Budget {
  private static final Logger LOG = System.getLogger(Budget.class.getName());

  /** One limit and its use within the current window. */
  private record Meter(
      BudgetLimit limit,
      long max,
      long warnAt,
      long begin,
      long end,
      long used,
      boolean warned,
      boolean spent) {

    static Meter of(BudgetLimit limit, BudgetOptions options) {
      long max = limit.count(limit.of(options));
      return new Meter(
          limit, max, (long) Math.ceil(max * options.getWarnAt()), 0, 0, 0, false, false);
    }

    /** Begins a new window if this one is over; a clock that was set back begins none. */
    Meter at(long now) {
      return now < end
          ? this
          : new Meter(limit, max, warnAt, limit.begin(now), limit.end(now), 0, false, false);
    }

    Meter plus(Cost cost) {
      return with(used + limit.count(cost));
    }

    Meter with(long used) {
      boolean isSpent = spent || used >= max;
      return new Meter(
          limit, max, warnAt, begin, end, used, isSpent || warned || used >= warnAt, isSpent);
    }

    Meter markedSpent() {
      return new Meter(limit, max, warnAt, begin, end, used, true, true);
    }
  }

  private record State(List<Meter> meters, Cost reserved) {
    State at(long now) {
      return map(meter -> meter.at(now));
    }

    State map(UnaryOperator<Meter> change) {
      return new State(meters.stream().map(change).toList(), reserved);
    }

    State plus(Cost spent) {
      return map(meter -> meter.plus(spent));
    }

    State reserve(Cost expected) {
      return new State(meters, reserved.plus(expected));
    }

    State release(Cost expected) {
      return new State(meters, reserved.minus(expected));
    }

    /** Returns the limit that an additional cost would exceed; of several, the last to renew. */
    Meter full(Cost expected) {
      Cost more = expected.plus(Cost.ONE_REQUEST).plus(reserved);
      Meter full = null;
      for (Meter meter : meters) {
        if (meter.used + meter.limit.count(more) > meter.max
            && (full == null || meter.end > full.end)) {
          full = meter;
        }
      }
      return full;
    }
  }

  private final String backend;
  private final InstantSource clock;
  private final Consumer<BudgetThreshold> listener;
  private final Consumer<Cost> costListener;
  private final AtomicReference<State> state =
      new AtomicReference<>(new State(List.of(), Cost.NOTHING));
  private volatile boolean unpriced;

  /**
   * Creates an unused budget.
   *
   * @param options the limits; {@code null} for none
   * @param listener notified when the warning threshold or all of a limit is used
   * @param costListener notified of each cost on this node
   */
  Budget(
      String backend,
      BudgetOptions options,
      InstantSource clock,
      Consumer<BudgetThreshold> listener,
      Consumer<Cost> costListener) {
    this.backend = backend;
    this.clock = clock;
    this.listener = listener;
    this.costListener = costListener;
    limit(options);
  }

  /** Replaces the limits; the use of a limit that remains is kept. */
  void limit(BudgetOptions options) {
    List<Meter> meters = new ArrayList<>();
    for (BudgetLimit limit : BudgetLimit.values()) {
      if (options != null && limit.of(options) != null) {
        meters.add(Meter.of(limit, options));
      }
    }
    long now = clock.millis();
    state.updateAndGet(
        before ->
            new State(
                meters.stream().map(meter -> withUseOf(meter.at(now), before)).toList(),
                before.reserved));
  }

  private static Meter withUseOf(Meter meter, State before) {
    return before.meters.stream()
        .filter(known -> known.limit == meter.limit && known.begin == meter.begin)
        .map(known -> meter.with(known.used))
        .findFirst()
        .orElse(meter);
  }

  boolean isLimited() {
    return !state.get().meters.isEmpty();
  }

  /** Returns why an attempt with this expected cost may not be made now, or {@code null}. */
  Skip check(Cost expected) {
    Meter full = now().full(expected);
    return full == null ? null : skip(full, expected);
  }

  /**
   * Reserves the expected cost of an attempt and returns {@code null}, or the reason against it.
   */
  Skip enter(Cost expected) {
    while (true) {
      State before = state.get();
      State current = before.at(clock.millis());
      Meter full = current.full(expected);
      State next =
          full == null
              ? current.reserve(expected).plus(Cost.ONE_REQUEST)
              : current.map(meter -> meter.equals(full) ? refusing(full, expected) : meter);
      if (state.compareAndSet(before, next)) {
        notifyCrossed(current, next);
        if (full == null) {
          costListener.accept(Cost.ONE_REQUEST);
          return null;
        }
        return skip(full, expected);
      }
    }
  }

  /** Marks a limit as used up if it refuses an attempt without counting the reservations. */
  private static Meter refusing(Meter full, Cost expected) {
    long alone = full.limit.count(expected.plus(Cost.ONE_REQUEST));
    return full.used + alone > full.max && alone <= full.max ? full.markedSpent() : full;
  }

  /** Replaces the reservation of an attempt by its actual cost. */
  void settle(Cost expected, TokenUsage usage, Double costUsd) {
    settle(expected, usage.totalTokens(), costUsd);
  }

  /** As {@link #settle(Cost, TokenUsage, Double)}. */
  void settle(Cost expected, long tokens, Double costUsd) {
    if (costUsd == null && tokens > 0) {
      warnUnpriced();
    }
    Cost spent = Cost.of(tokens, costUsd);
    update(before -> before.release(expected).plus(spent));
    if (!spent.equals(Cost.NOTHING)) {
      costListener.accept(spent);
    }
  }

  /** Adds a cost that another node reports. */
  void spentElsewhere(Cost spent) {
    update(before -> before.plus(spent));
  }

  /** Returns whether a limit of a day or longer is used up. */
  boolean spent() {
    return isSpent(FailureKind.QUOTA_EXHAUSTED);
  }

  /** Returns whether any limit is used up. */
  boolean isAnyLimitUsed() {
    return spent() || isSpent(FailureKind.RATE_LIMITED);
  }

  /** Returns the use of each limit: {@code {"daily-usd": {"used", "max", "renews_in_ms"}}}. */
  JsonObject report() {
    JsonObject report = new JsonObject();
    long now = clock.millis();
    for (Meter meter : now().meters) {
      BudgetLimit limit = meter.limit;
      report.put(
          limit.code(),
          new JsonObject()
              .put("used", limit.shown(meter.used))
              .put("max", limit.shown(meter.max))
              .put("renews_in_ms", meter.end - now));
    }
    return report;
  }

  /** Returns the use of each limit, to be saved: {@code {"daily-usd": {"since", "used"}}}. */
  JsonObject toJson() {
    JsonObject json = new JsonObject();
    for (Meter meter : now().meters) {
      json.put(
          meter.limit.code(),
          new JsonObject().put("since", meter.begin).put("used", meter.limit.shown(meter.used)));
    }
    return json;
  }

  /**
   * Restores what {@link #toJson} wrote, except for windows that are over. No listener is notified.
   */
  void restore(JsonObject json) {
    restoring(json).run();
  }

  /**
   * Parses what {@link #toJson} wrote and returns the action that restores it.
   *
   * @throws RuntimeException if the JSON has another form
   */
  Runnable restoring(JsonObject json) {
    Map<BudgetLimit, Long> since = new EnumMap<>(BudgetLimit.class);
    Map<BudgetLimit, Long> used = new EnumMap<>(BudgetLimit.class);
    for (BudgetLimit limit : BudgetLimit.values()) {
      JsonObject saved = json.getJsonObject(limit.code());
      if (saved != null) {
        since.put(limit, Objects.requireNonNull(saved.getLong("since")));
        used.put(limit, limit.count(saved.getNumber("used")));
      }
    }
    return () ->
        state.updateAndGet(
            before ->
                before
                    .at(clock.millis())
                    .map(
                        meter ->
                            Objects.equals(since.get(meter.limit), meter.begin)
                                ? meter.with(used.get(meter.limit))
                                : meter));
  }

  private State now() {
    return state.get().at(clock.millis());
  }

  private void update(UnaryOperator<State> change) {
    while (true) {
      State before = state.get();
      State current = before.at(clock.millis());
      State next = change.apply(current);
      if (state.compareAndSet(before, next)) {
        notifyCrossed(current, next);
        return;
      }
    }
  }

  /** Notifies the listener of each limit whose threshold a change has crossed. */
  private void notifyCrossed(State before, State after) {
    for (int i = 0; i < after.meters.size(); i++) {
      Meter was = before.meters.get(i);
      Meter is = after.meters.get(i);
      if ((is.spent && !was.spent) || (is.warned && !was.warned)) {
        listener.accept(
            new BudgetThreshold(
                backend,
                is.limit.code(),
                is.limit.shown(is.used),
                is.limit.shown(is.max),
                is.spent,
                is.end - clock.millis()));
      }
    }
  }

  private Skip skip(Meter full, Cost expected) {
    boolean tooLarge = full.limit.count(expected) > full.max;
    long renewsIn = full.end - clock.millis();
    String message =
        tooLarge
            ? "the request exceeds the whole of " + full.limit.code()
            : "not enough left of "
                + full.limit.code()
                + ", available in "
                + (renewsIn + 999) / 1000
                + " s";
    return new Skip(SkipReason.BUDGET, full.limit.kind(), message, tooLarge ? -1 : renewsIn);
  }

  private boolean isSpent(FailureKind kind) {
    return now().meters.stream()
        .anyMatch(meter -> meter.limit.kind() == kind && meter.used >= meter.max);
  }

  private void warnUnpriced() {
    if (!unpriced && state.get().meters.stream().anyMatch(meter -> meter.limit.inUsd())) {
      unpriced = true;
      LOG.log(
          Level.WARNING,
          "{0} has a budget in dollars, but serves a model whose price is not known,"
              + " so its cost does not count: add the price under catalog",
          backend);
    }
  }
}
