package io.llmrelay.availability;

import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.SkipReason;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/**
 * The cooldowns of one backend: a deadline for each of its models, and one for all of it. A
 * deadline is only ever moved further away, and forgotten when it has passed.
 *
 * <p>A cooldown that lasts is tried from time to time: one request is let through, and its success
 * ends the cooldown. A limit may be raised and a balance paid long before the time that was named.
 *
 * <p>A backend that refused its key has no deadline: it is out until the key is accepted again.
 *
 * <p>May be used by any thread. Reading takes no lock.
 */
final class Exhaustion {
  /** Model names may come from callers, so the number of entries has a bound. */
  static final int MAX_ENTRIES = 1_000;

  /** Shorter cooldowns are waited for; longer ones are tried at half their length at most. */
  static final long TRY_AFTER_MS = 60_000;

  static final long TRY_AT_LEAST_EVERY_MS = 300_000;

  /** What has no deadline. */
  private static final long REFUSED = Long.MAX_VALUE;

  /** The entry of the whole backend; no model has an empty name. */
  private static final String ALL = "";

  /** A deadline, and from when on one request may try whether it still holds. */
  private record Entry(long until, FailureKind kind, long tryAt) {}

  /** The permission for one request to try whether a cooldown still holds. */
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
   * No cooldowns.
   *
   * @param clock milliseconds that only go forward
   * @param maxMs longest cooldown that is believed
   */
  Exhaustion(LongSupplier clock, long maxMs) {
    this.clock = clock;
    this.maxMs = maxMs;
  }

  /** Another longest cooldown, for those that begin from now on. */
  void limit(long maxMs) {
    this.maxMs = maxMs;
  }

  /**
   * Begins or extends a cooldown.
   *
   * @param model {@code null} for the whole backend
   * @return whether that changed anything
   */
  boolean extend(String model, FailureKind kind, long forMs) {
    long now = clock.getAsLong();
    long cut = Math.min(forMs, maxMs);
    Entry next = new Entry(now + cut, kind, tryAt(now, cut));
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
          // Asked again for no more: the next try is due a while after this one.
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

  /** Notes that the backend refused its key, and returns whether that is news. */
  boolean refuseKey() {
    Entry before = entries.put(ALL, new Entry(REFUSED, FailureKind.AUTHENTICATION, Long.MAX_VALUE));
    return before == null || before.until != REFUSED;
  }

  /** Notes that the backend accepts its key again, and returns whether that is news. */
  boolean acceptKey() {
    Entry entry = entries.get(ALL);
    return entry != null && entry.until == REFUSED && entries.remove(ALL, entry);
  }

  /** Whether the backend refused its key. */
  boolean keyRefused() {
    Entry entry = entries.get(ALL);
    return entry != null && entry.until == REFUSED;
  }

  /** Why the model is not to be used now, or {@code null}. */
  Skip look(String model) {
    String key = decisive(model);
    if (key == null) {
      return null;
    }
    Entry entry = entries.get(key);
    return entry == null || isDue(entry) ? null : skip(entry);
  }

  /**
   * The permission to try whether a cooldown of the model still holds, if that is due. At most one
   * request gets it each time.
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

  /** A trial succeeded: the cooldown is over. */
  void end(Trial trial) {
    entries.remove(trial.model, trial.entry);
  }

  private boolean isDue(Entry entry) {
    return clock.getAsLong() >= entry.tryAt;
  }

  /** The entry that ends last of the two that apply to a model, or {@code null}. */
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

  /** Milliseconds until the whole backend may be used; -1 for a refused key, 0 if it may be now. */
  long remaining() {
    Entry entry = current(ALL);
    return entry == null ? 0 : entry.until == REFUSED ? -1 : entry.until - clock.getAsLong();
  }

  /** The models that are in a cooldown, with milliseconds from now. */
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

  /**
   * Adds what is known, to be saved: {@code {"backend/model": {"reason", "until"}}}, without {@code
   * until} for a refused key.
   *
   * @param epochMs the time of day, by which deadlines survive a restart
   */
  void save(String backend, JsonObject into, long epochMs) {
    long now = clock.getAsLong();
    entries.forEach(
        (model, entry) -> {
          JsonObject saved = new JsonObject().put("reason", entry.kind.code());
          String name = model.equals(ALL) ? backend : backend + "/" + model;
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
