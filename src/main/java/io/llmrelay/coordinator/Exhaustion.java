package io.llmrelay.coordinator;

import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.SkipReason;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Who told us when to come back: a deadline for each candidate, or for a whole backend. A deadline
 * is only ever moved further away, and forgotten when it has passed.
 */
final class Exhaustion {
  /** No waiting time is believed beyond this: the longest month. */
  static final long MAX_WAIT_MS = 31L * 24 * 3600 * 1000;

  /** Model names may come from callers, so the number of entries has a bound. */
  static final int MAX_ENTRIES = 10_000;

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
    long inMs = entry.until - clock.getAsLong();
    return new Gate.Skip(
        SkipReason.EXHAUSTED,
        entry.kind,
        entry.kind.code() + ", available in " + (inMs + 999) / 1000 + " s",
        inMs);
  }

  /** Every deadline that lies ahead: key to milliseconds from now. */
  Map<String, Long> remaining() {
    long now = clock.getAsLong();
    Map<String, Long> remaining = new HashMap<>();
    entries.forEach(
        (key, entry) -> {
          if (entry.until > now) {
            remaining.put(key, entry.until - now);
          }
        });
    return remaining;
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
