package io.llmrelay.availability;

import io.llmrelay.chat.CandidateName;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.SkipReason;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/**
 * The cooldowns of one backend: a deadline for each of its models, and one for the whole backend.
 * Deadlines are only extended, and removed once they have passed.
 *
 * <p>During a long cooldown one request is permitted from time to time, and its success ends the
 * cooldown: a limit may be raised or a balance paid long before the announced time.
 *
 * <p>A backend that refused its key has no deadline: it is unavailable until the key is accepted.
 *
 * <p>Thread-safe. Reading takes no lock.
 */
final class Exhaustion {
  /** The most entries; callers may choose model names. */
  static final int MAX_ENTRIES = 1_000;

  /** Cooldowns up to this length have no trials; longer ones have one at half their length. */
  static final long TRY_AFTER_MS = 60_000;

  static final long TRY_AT_LEAST_EVERY_MS = 300_000;

  /** The deadline of a refused key: none. */
  private static final long REFUSED = Long.MAX_VALUE;

  /** The key of the whole backend; no model has an empty name. */
  private static final String ALL = "";

  /** A deadline, and the time from which one request may test whether it still applies. */
  private record Entry(long until, FailureKind kind, long tryAt) {}

  /**
   * What is left of a cooldown.
   *
   * @param model {@code null} for the whole backend
   */
  record Remaining(String model, FailureKind kind, long forMs) {}

  /** The permission for one request to test whether a cooldown still applies. */
  static final class Trial {
    private final String model;
    private final Entry entry;

    private Trial(String model, Entry entry) {
      this.model = model;
      this.entry = entry;
    }
  }

  private final Map<String, Entry> entries = new ConcurrentHashMap<>();
  private final LongSupplier clock;
  private volatile long maxMs;

  /**
   * Creates an exhaustion without cooldowns.
   *
   * @param clock a monotonic clock in milliseconds
   * @param maxMs the upper bound of a cooldown
   */
  Exhaustion(LongSupplier clock, long maxMs) {
    this.clock = clock;
    this.maxMs = maxMs;
  }

  /** Changes the upper bound of the cooldowns that begin from now on. */
  void limit(long maxMs) {
    this.maxMs = maxMs;
  }

  /**
   * Begins or extends a cooldown.
   *
   * @param model {@code null} for the whole backend
   * @return whether the deadline changed
   */
  boolean extend(String model, FailureKind kind, long forMs) {
    long now = clock.getAsLong();
    long boundedMs = Math.min(forMs, maxMs);
    Entry next = new Entry(now + boundedMs, kind, tryAt(now, boundedMs));
    if (!makeRoom(key(model), now)) {
      return false;
    }
    AtomicBoolean changed = new AtomicBoolean(true);
    entries.merge(
        key(model),
        next,
        (known, more) -> {
          changed.set(known.until < more.until);
          if (changed.get() || known.until == REFUSED) {
            return changed.get() ? more : known;
          }
          // The deadline stays; only the next trial is postponed.
          return new Entry(known.until, known.kind, tryAt(now, known.until - now));
        });
    return changed.get();
  }

  private static long tryAt(long now, long forMs) {
    return forMs <= TRY_AFTER_MS
        ? Long.MAX_VALUE
        : now + Math.min(Math.max(forMs / 2, TRY_AFTER_MS), TRY_AT_LEAST_EVERY_MS);
  }

  private boolean makeRoom(String key, long now) {
    if (entries.size() >= MAX_ENTRIES && !entries.containsKey(key)) {
      entries.values().removeIf(entry -> entry.until <= now);
    }
    return entries.size() < MAX_ENTRIES || entries.containsKey(key);
  }

  /** Records that the backend refused its key, and returns whether this is new. */
  boolean refuseKey() {
    Entry before = entries.put(ALL, new Entry(REFUSED, FailureKind.AUTHENTICATION, Long.MAX_VALUE));
    return before == null || before.until != REFUSED;
  }

  /** Records that the backend accepts its key again, and returns whether this is new. */
  boolean acceptKey() {
    Entry entry = entries.get(ALL);
    return entry != null && entry.until == REFUSED && entries.remove(ALL, entry);
  }

  /** Returns whether the backend refused its key. */
  boolean keyRefused() {
    Entry entry = entries.get(ALL);
    return entry != null && entry.until == REFUSED;
  }

  /** Returns why the model may not be used now, or {@code null}. */
  Skip check(String model) {
    String key = decisive(model);
    if (key == null) {
      return null;
    }
    Entry entry = entries.get(key);
    return entry == null || isDue(entry) ? null : skip(entry);
  }

  /**
   * Returns the permission to test whether a cooldown of the model still applies, or {@code null}.
   * It is given to one request each time a trial is due.
   */
  Trial enter(String model) {
    String key = decisive(model);
    Entry entry = key == null ? null : entries.get(key);
    if (entry == null || !isDue(entry)) {
      return null;
    }
    long now = clock.getAsLong();
    Entry next = new Entry(entry.until, entry.kind, tryAt(now, entry.until - now));
    return entries.replace(key, entry, next) ? new Trial(key, next) : null;
  }

  /** Ends the cooldown whose trial succeeded. */
  void end(Trial trial) {
    entries.remove(trial.model, trial.entry);
  }

  private boolean isDue(Entry entry) {
    return clock.getAsLong() >= entry.tryAt;
  }

  /** Returns the key of the later of the two deadlines that apply to a model, or {@code null}. */
  private String decisive(String model) {
    if (entries.isEmpty()) {
      return null;
    }
    Entry ofModel = current(model);
    Entry ofAll = current(ALL);
    if (ofModel == null || (ofAll != null && ofAll.until > ofModel.until)) {
      return ofAll == null ? null : ALL;
    }
    return model;
  }

  private Entry current(String key) {
    Entry entry = entries.get(key);
    if (entry != null && entry.until <= clock.getAsLong()) {
      entries.remove(key, entry);
      return null;
    }
    return entry;
  }

  private Skip skip(Entry entry) {
    if (entry.until == REFUSED) {
      return new Skip(SkipReason.EXHAUSTED, entry.kind, "authentication, key refused", -1);
    }
    long inMs = Math.max(0, entry.until - clock.getAsLong());
    String message = entry.kind.code() + ", available in " + (inMs + 999) / 1000 + " s";
    return new Skip(SkipReason.EXHAUSTED, entry.kind, message, inMs);
  }

  /** Returns the milliseconds until the whole backend may be used; -1 for a refused key. */
  long remaining() {
    Entry entry = current(ALL);
    return entry == null ? 0 : entry.until == REFUSED ? -1 : entry.until - clock.getAsLong();
  }

  /**
   * Ends the cooldown of a model, or all cooldowns if the model is {@code null}; a refused key
   * counts as one.
   *
   * @return whether there was one
   */
  boolean clear(String model) {
    boolean any = model == null ? !entries.isEmpty() : current(model) != null;
    if (model == null) {
      entries.clear();
    } else {
      entries.remove(model);
    }
    return any;
  }

  /** Returns the reason of each cooldown by model; that of the whole backend has no name. */
  Map<String, String> reasons() {
    long now = clock.getAsLong();
    Map<String, String> reasons = new TreeMap<>();
    entries.forEach(
        (model, entry) -> {
          if (entry.until > now) {
            reasons.put(model, entry.kind.code());
          }
        });
    return reasons;
  }

  /** Returns the remaining cooldown in milliseconds by model. */
  Map<String, Long> remainingByModel() {
    long now = clock.getAsLong();
    Map<String, Long> remaining = new TreeMap<>();
    entries.forEach(
        (model, entry) -> {
          if (!model.equals(ALL) && entry.until > now) {
            remaining.put(model, entry.until - now);
          }
        });
    return remaining;
  }

  /** Returns what is left of each cooldown, without a refused key. */
  List<Remaining> cooldowns() {
    long now = clock.getAsLong();
    List<Remaining> remaining = new ArrayList<>();
    entries.forEach(
        (model, entry) -> {
          if (entry.until != REFUSED && entry.until > now) {
            String name = model.equals(ALL) ? null : model;
            remaining.add(new Remaining(name, entry.kind, entry.until - now));
          }
        });
    return remaining;
  }

  /**
   * Adds the cooldowns to a JSON object, to be saved: {@code {"backend/model": {"reason",
   * "until"}}}, without {@code until} for a refused key.
   *
   * @param epochMs the current time, relative to which deadlines are saved
   */
  void save(String backend, JsonObject into, long epochMs) {
    long now = clock.getAsLong();
    entries.forEach(
        (model, entry) -> {
          JsonObject saved = new JsonObject().put("reason", entry.kind.code());
          String name = new CandidateName(backend, model.equals(ALL) ? null : model).toString();
          if (entry.until == REFUSED) {
            into.put(name, saved);
          } else if (entry.until > now) {
            into.put(name, saved.put("until", epochMs + entry.until - now));
          }
        });
  }

  private static String key(String model) {
    return model == null ? ALL : model;
  }
}
