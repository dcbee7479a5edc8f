package io.llmrelay.availability;

import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.cluster.Others;
import io.llmrelay.cluster.SharedLimit;
import io.llmrelay.cluster.Sharing;
import io.llmrelay.cluster.Use;
import io.llmrelay.config.BudgetOptions;
import io.llmrelay.observe.RelayEvent.BudgetThreshold;
import io.vertx.core.json.JsonObject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
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

  /** When an attempt may be permitted that exceeds this node's part of what is left. */
  private static final long PART_RETRY_MS = 250;

  /**
   * What other nodes use of a limit, and what this node may use.
   *
   * @param used what the others have used in the current window
   * @param reserved what the others have reserved
   * @param held the shares of lost nodes
   * @param part how much may be used and reserved by this node
   * @param granted how much of it is beyond what the others know
   * @param exceedable whether one attempt may exceed the part, if it is larger
   * @param last as reported
   */
  private record Shared(
      long used,
      long reserved,
      long held,
      long part,
      long granted,
      boolean exceedable,
      Others last) {
    static final Shared NOT =
        new Shared(0, 0, 0, Long.MAX_VALUE, Long.MAX_VALUE, true, Others.NONE);

    /** Returns the state at the start of a window, with what this node has reserved. */
    Shared renewed(long max, long ownReserved) {
      return last.isAlone()
          ? NOT
          : of(last, 0, last.held(max - ownReserved - reserved), max, ownReserved, true);
    }

    /**
     * @param confirmed what the others know that this node has used and reserved
     */
    private static Shared of(
        Others others, long used, long held, long max, long confirmed, boolean exceedable) {
      long granted = others.part((double) max - confirmed - used - others.reserved() - held);
      return new Shared(
          used,
          others.reserved(),
          held,
          others.isAlone() ? Long.MAX_VALUE : confirmed + granted,
          granted,
          exceedable,
          others);
    }

    /** Returns the state after a report of other nodes. */
    Shared after(Others others, long max) {
      boolean sameHeld = others.lost() == last.lost() && others.nodes() == last.nodes();
      long heldNow = sameHeld ? held : others.held(max - others.usedWhenHeard());
      return of(
          others,
          others.used(),
          heldNow,
          max,
          others.confirmed().total(),
          exceedable || others.isConfirmed());
    }

    Shared exceeded() {
      return new Shared(used, reserved, held, part, granted, false, last);
    }
  }

  /** One limit and its use within the current window. */
  private record Meter(
      BudgetLimit limit,
      long max,
      long warnAt,
      long begin,
      long end,
      long used,
      boolean warned,
      boolean spent,
      Shared shared) {

    static Meter of(BudgetLimit limit, BudgetOptions options) {
      long max = limit.count(limit.of(options));
      long warnAt = (long) Math.ceil(max * options.getWarnAt());
      return new Meter(limit, max, warnAt, 0, 0, 0, false, false, Shared.NOT);
    }

    /** Begins a new window if this one is over; a clock that was set back begins none. */
    Meter at(long now, Cost reserved) {
      return now < end
          ? this
          : new Meter(
              limit,
              max,
              warnAt,
              limit.begin(now),
              limit.end(now),
              0,
              false,
              false,
              shared.renewed(max, limit.count(reserved)));
    }

    /** Returns what all nodes together have used. */
    long total() {
      return used + shared.used;
    }

    /** Returns whether an amount, with what is reserved, fits what all nodes have left. */
    boolean fits(long more) {
      return total() + shared.reserved + shared.held + more <= max;
    }

    /** Returns whether an amount, with what is reserved, fits this node's part. */
    boolean fitsPart(long more) {
      return used + more <= shared.part;
    }

    Meter plus(Cost cost) {
      return with(used + limit.count(cost), shared);
    }

    Meter with(long used) {
      return with(used, shared);
    }

    Meter with(long used, Shared shared) {
      boolean isSpent = spent || used + shared.used >= max;
      boolean isWarned = isSpent || warned || used + shared.used >= warnAt;
      return new Meter(limit, max, warnAt, begin, end, used, isWarned, isSpent, shared);
    }

    Meter markedSpent() {
      return new Meter(limit, max, warnAt, begin, end, used, true, true, shared);
    }
  }

  private record State(List<Meter> meters, Cost reserved) {
    State at(long now) {
      return map(meter -> meter.at(now, reserved));
    }

    State map(UnaryOperator<Meter> change) {
      return new State(meters.stream().map(change).toList(), reserved);
    }

    State plus(Cost spent) {
      return map(meter -> meter.plus(spent));
    }

    /** Counts an attempt that starts, and reserves its expected cost. */
    State enter(Cost expected) {
      Cost more = expected.plus(Cost.ONE_REQUEST).plus(reserved);
      return new State(
          meters.stream()
              .map(
                  meter ->
                      meter.fitsPart(meter.limit.count(more))
                          ? meter.plus(Cost.ONE_REQUEST)
                          : meter.with(
                              meter.used + meter.limit.count(Cost.ONE_REQUEST),
                              meter.shared.exceeded()))
              .toList(),
          reserved.plus(expected));
    }

    State release(Cost expected) {
      return new State(meters, reserved.minus(expected));
    }

    /** Returns the limit that an additional cost would exceed; of several, the last to renew. */
    Meter full(Cost expected) {
      Cost more = expected.plus(Cost.ONE_REQUEST).plus(reserved);
      Meter full = null;
      for (Meter meter : meters) {
        if (!meter.fits(meter.limit.count(more)) && (full == null || meter.end > full.end)) {
          full = meter;
        }
      }
      return full;
    }

    /** Returns a limit of which this node's part is too small for an additional cost. */
    Meter withoutPart(Cost expected) {
      Cost more = expected.plus(Cost.ONE_REQUEST).plus(reserved);
      for (Meter meter : meters) {
        if (!meter.shared.exceedable && !meter.fitsPart(meter.limit.count(more))) {
          return meter;
        }
      }
      return null;
    }

    Meter of(BudgetLimit limit) {
      for (Meter meter : meters) {
        if (meter.limit == limit) {
          return meter;
        }
      }
      return null;
    }
  }

  /** A limit that all nodes keep to together. */
  private final class SharedMeter extends SharedLimit {
    private final BudgetLimit limit;

    SharedMeter(String scope, BudgetLimit limit) {
      super(scope + " " + limit.code());
      this.limit = limit;
    }

    @Override
    protected Use use() {
      State now = now();
      Meter meter = now.of(limit);
      return meter == null
          ? new Use(0, 0, 0)
          : new Use(meter.begin, meter.used, limit.count(now.reserved));
    }

    @Override
    protected void share(Others others) {
      Meter known = now().of(limit);
      update(
          before ->
              before.map(
                  meter ->
                      meter.limit != limit || meter.begin != others.since()
                          ? meter
                          : meter.with(meter.used, meter.shared.after(others, meter.max))),
          false);
      if (known != null && known.shared.used != others.used()) {
        changed.run();
      }
    }

    /** Reports the use, soon if less than half of what was granted is left. */
    void changed(State now) {
      if (isShared()) {
        Meter meter = now.of(limit);
        changed(
            meter != null
                && meter.shared.part - meter.used - limit.count(now.reserved)
                    < meter.shared.granted / 2);
      }
    }
  }

  private final String backend;
  private final InstantSource clock;
  private final Consumer<BudgetThreshold> listener;
  private final Runnable changed;
  private final AtomicReference<State> state =
      new AtomicReference<>(new State(List.of(), Cost.NOTHING));
  private volatile List<SharedMeter> shared = List.of();
  private volatile boolean unpriced;

  /**
   * Creates an unused budget.
   *
   * @param options the limits; {@code null} for none
   * @param listener notified when the warning threshold or all of a limit is used
   * @param changed called after each change
   */
  Budget(
      String backend,
      BudgetOptions options,
      InstantSource clock,
      Consumer<BudgetThreshold> listener,
      Runnable changed) {
    this.backend = backend;
    this.clock = clock;
    this.listener = listener;
    this.changed = changed;
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
                meters.stream()
                    .map(meter -> withUseOf(meter.at(now, before.reserved), before))
                    .toList(),
                before.reserved));
  }

  private static Meter withUseOf(Meter meter, State before) {
    return before.meters.stream()
        .filter(known -> known.limit == meter.limit && known.begin == meter.begin)
        .map(known -> meter.with(known.used, known.shared))
        .findFirst()
        .orElse(meter);
  }

  /**
   * Shares the limits with other nodes, from now on under this name. Must be called after {@link
   * #limit}, on the context of the exchange.
   *
   * @param scope identifies the budget at all nodes; {@code null} to share nothing
   */
  void share(Sharing exchange, String scope) {
    List<SharedMeter> next = new ArrayList<>();
    for (Meter meter : scope == null ? List.<Meter>of() : state.get().meters) {
      SharedMeter wanted = new SharedMeter(scope, meter.limit);
      next.add(
          shared.stream()
              .filter(known -> known.id().equals(wanted.id()))
              .findFirst()
              .orElse(wanted));
    }
    List<SharedMeter> before = shared;
    shared = List.copyOf(next);
    before.stream().filter(each -> !next.contains(each)).forEach(exchange::remove);
    next.stream().filter(each -> !before.contains(each)).forEach(exchange::add);
  }

  boolean isLimited() {
    return !state.get().meters.isEmpty();
  }

  /** Returns why an attempt with this expected cost may not be made now, or {@code null}. */
  Skip check(Cost expected) {
    State now = now();
    Meter full = now.full(expected);
    return full != null ? skip(full, expected) : skipPart(now.withoutPart(expected));
  }

  /**
   * Reserves the expected cost of an attempt and returns {@code null}, or the reason against it.
   */
  Skip enter(Cost expected) {
    while (true) {
      State before = state.get();
      State current = before.at(clock.millis());
      Meter full = current.full(expected);
      Meter withoutPart = full == null ? current.withoutPart(expected) : null;
      State next =
          full == null && withoutPart == null
              ? current.enter(expected)
              : current.map(meter -> meter.equals(full) ? refusing(full, expected) : meter);
      if (state.compareAndSet(before, next)) {
        notifyCrossed(current, next);
        report(next);
        if (full == null && withoutPart == null) {
          changed.run();
          return null;
        }
        return full != null ? skip(full, expected) : skipPart(withoutPart);
      }
    }
  }

  private void report(State now) {
    for (SharedMeter each : shared) {
      each.changed(now);
    }
  }

  /** Marks a limit as used up if it refuses an attempt without counting the reservations. */
  private static Meter refusing(Meter full, Cost expected) {
    long alone = full.limit.count(expected.plus(Cost.ONE_REQUEST));
    return full.total() + alone > full.max && alone <= full.max ? full.markedSpent() : full;
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
    update(before -> before.release(expected).plus(spent), true);
    if (!spent.equals(Cost.NOTHING)) {
      changed.run();
    }
  }

  /** Returns whether a limit of a day or longer is used up. */
  boolean spent() {
    return isSpent(FailureKind.QUOTA_EXHAUSTED);
  }

  /** Returns whether any limit is used up. */
  boolean isAnyLimitUsed() {
    return spent() || isSpent(FailureKind.RATE_LIMITED);
  }

  /**
   * Returns the use of each limit, on all nodes together: {@code {"daily-usd": {"used", "max",
   * "renews_in_ms"}}}.
   */
  JsonObject report() {
    JsonObject report = new JsonObject();
    long now = clock.millis();
    for (Meter meter : now().meters) {
      BudgetLimit limit = meter.limit;
      report.put(
          limit.code(),
          new JsonObject()
              .put("used", limit.shown(meter.total()))
              .put("max", limit.shown(meter.max))
              .put("renews_in_ms", meter.end - now));
    }
    return report;
  }

  /**
   * Returns the use of each limit, to be saved: {@code {"daily-usd": {"since", "used", "others":
   * {node: used}}}}. Must be called on the context of the exchange.
   */
  JsonObject toJson() {
    JsonObject json = new JsonObject();
    for (Meter meter : now().meters) {
      JsonObject saved =
          new JsonObject().put("since", meter.begin).put("used", meter.limit.shown(meter.used));
      JsonObject others = new JsonObject();
      SharedMeter known = sharedMeter(meter.limit);
      if (known != null) {
        known
            .usedByOthers(meter.begin)
            .forEach((node, used) -> others.put(node, meter.limit.shown(used)));
      }
      json.put(meter.limit.code(), others.isEmpty() ? saved : saved.put("others", others));
    }
    return json;
  }

  /**
   * Parses what {@link #toJson} wrote and returns the action that restores it, except for windows
   * that are over. No listener is notified.
   *
   * @param node the node that has used it; {@code null} if this one goes on under the same id
   * @throws RuntimeException if the JSON has another form
   */
  Runnable restoring(JsonObject json, String node) {
    List<Runnable> changes = new ArrayList<>();
    for (BudgetLimit limit : BudgetLimit.values()) {
      JsonObject saved = json.getJsonObject(limit.code());
      if (saved != null) {
        long since = Objects.requireNonNull(saved.getLong("since"));
        Map<String, Long> others = new HashMap<>();
        for (Map.Entry<String, Object> each : saved.getJsonObject("others", new JsonObject())) {
          others.put(each.getKey(), limit.count((Number) each.getValue()));
        }
        long used = limit.count(saved.getNumber("used"));
        if (node != null) {
          others.put(node, used);
        }
        changes.add(() -> restore(limit, since, node == null ? used : 0, others));
      }
    }
    return () -> changes.forEach(Runnable::run);
  }

  private void restore(BudgetLimit limit, long since, long used, Map<String, Long> others) {
    SharedMeter known = sharedMeter(limit);
    if (known != null && known.use().since() == since) {
      others.forEach((node, amount) -> known.restore(node, since, amount));
    }
    state.updateAndGet(
        before ->
            before
                .at(clock.millis())
                .map(each -> each.limit == limit && each.begin == since ? each.with(used) : each));
  }

  private SharedMeter sharedMeter(BudgetLimit limit) {
    for (SharedMeter each : shared) {
      if (each.limit == limit) {
        return each;
      }
    }
    return null;
  }

  private State now() {
    return state.get().at(clock.millis());
  }

  private void update(UnaryOperator<State> change, boolean here) {
    while (true) {
      State before = state.get();
      State current = before.at(clock.millis());
      State next = change.apply(current);
      if (state.compareAndSet(before, next)) {
        notifyCrossed(current, next);
        if (here) {
          report(next);
        }
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
                is.limit.shown(is.total()),
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

  private static Skip skipPart(Meter meter) {
    return meter == null
        ? null
        : new Skip(
            SkipReason.BUDGET,
            FailureKind.RATE_LIMITED,
            "not enough left of this node's part of " + meter.limit.code(),
            PART_RETRY_MS);
  }

  private boolean isSpent(FailureKind kind) {
    return now().meters.stream()
        .anyMatch(meter -> meter.limit.kind() == kind && meter.total() >= meter.max);
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
