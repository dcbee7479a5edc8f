package io.llmrelay.coordinator;

import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.SkipReason;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Who told us when to come back: a deadline for each candidate, or for a whole backend. A deadline
 * is only ever moved further away, and forgotten when it has passed.
 *
 * <p>A backend that refused its key has no deadline: it stays out until somebody says that it takes
 * it again.
 */
final class Exhaustion {
  /** No waiting time is believed beyond this: the longest month. */
  static final long MAX_WAIT_MS = 31L * 24 * 3600 * 1000;

  /** Model names may come from callers, so the number of entries has a bound. */
  static final int MAX_ENTRIES = 10_000;

  /** What has no deadline. */
  private static final long REFUSED = Long.MAX_VALUE;

  private record Entry(long until, FailureKind kind) {}

  private final Map<String, Entry> entries = new HashMap<>();
  private final LongSupplier clock;

  Exhaustion(LongSupplier clock) {
    this.clock = clock;
  }

  /**
   * Notes that something is not to be tried for a while.
   *
   * @param key {@code backend/model}, or the backend's name
   * @return whether that is news
   */
  boolean extend(String key, FailureKind kind, long forMs) {
    long now = clock.getAsLong();
    long until = now + Math.min(forMs, MAX_WAIT_MS);
    Entry known = entries.get(key);
    if (known != null && known.until >= until) {
      return false;
    }
    if (known == null && entries.size() >= MAX_ENTRIES) {
      entries.values().removeIf(entry -> entry.until <= now);
      if (entries.size() >= MAX_ENTRIES) {
        return false;
      }
    }
    entries.put(key, new Entry(until, kind));
    return true;
  }

  /** Notes that a backend refused its key, and returns whether that is news. */
  boolean refuse(String backend) {
    Entry known = entries.put(backend, new Entry(REFUSED, FailureKind.AUTHENTICATION));
    return known == null || known.until != REFUSED;
  }

  /** Notes that a backend takes its key again, and returns whether that is news. */
  boolean take(String backend) {
    return refused(backend) && entries.remove(backend) != null;
  }

  /** Whether a backend refused its key. */
  boolean refused(String backend) {
    Entry entry = entries.get(backend);
    return entry != null && entry.until == REFUSED;
  }

  /** Why the candidate is to be left alone, or {@code null}. */
  Gate.Skip look(Candidate candidate) {
    if (entries.isEmpty()) {
      return null;
    }
    Entry model = current(candidate.toString());
    Entry backend = current(candidate.backend());
    Entry entry = model;
    if (model == null || (backend != null && backend.until > model.until)) {
      entry = backend;
    }
    if (entry == null) {
      return null;
    }
    if (entry.until == REFUSED) {
      return new Gate.Skip(SkipReason.EXHAUSTED, entry.kind, "authentication, key refused", -1);
    }
    long inMs = entry.until - clock.getAsLong();
    return new Gate.Skip(
        SkipReason.EXHAUSTED,
        entry.kind,
        entry.kind.code() + ", available in " + (inMs + 999) / 1000 + " s",
        inMs);
  }

  /** Every deadline that lies ahead: key to milliseconds from now, -1 for a refused key. */
  Map<String, Long> remaining() {
    long now = clock.getAsLong();
    Map<String, Long> remaining = new HashMap<>();
    entries.forEach(
        (key, entry) -> {
          if (entry.until > now) {
            remaining.put(key, entry.until == REFUSED ? -1 : entry.until - now);
          }
        });
    return remaining;
  }

  /**
   * What is known, to be saved: {@code {"backend/model": {"reason", "until"}}}, without {@code
   * until} for a refused key.
   *
   * @param epochMs the time by the clock on the wall, by which deadlines survive a restart
   */
  JsonObject toJson(long epochMs) {
    long now = clock.getAsLong();
    JsonObject json = new JsonObject();
    entries.forEach(
        (key, entry) -> {
          JsonObject saved = new JsonObject().put("reason", entry.kind.code());
          if (entry.until == REFUSED) {
            json.put(key, saved);
          } else if (entry.until > now) {
            json.put(key, saved.put("until", epochMs + entry.until - now));
          }
        });
    return json;
  }

  /**
   * Takes in what {@link #toJson} wrote, as far as it has not passed.
   *
   * @param backends those there are now; what was saved of others is forgotten
   * @return the backends that had refused their keys
   */
  List<String> restore(JsonObject json, long epochMs, Set<String> backends) {
    List<String> refused = new ArrayList<>();
    for (String key : json.fieldNames()) {
      int slash = key.indexOf('/');
      JsonObject saved = json.getJsonObject(key);
      FailureKind kind = FailureKind.of(saved.getString("reason"));
      if (!backends.contains(slash < 0 ? key : key.substring(0, slash))) {
        continue;
      }
      if (kind == FailureKind.AUTHENTICATION) {
        refuse(key);
        refused.add(key);
      } else if (saved.getLong("until") > epochMs) {
        extend(key, kind, saved.getLong("until") - epochMs);
      }
    }
    return refused;
  }

  private Entry current(String key) {
    Entry entry = entries.get(key);
    if (entry != null && entry.until <= clock.getAsLong()) {
      entries.remove(key);
      return null;
    }
    return entry;
  }
}
