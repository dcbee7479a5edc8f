package io.llmrelay.availability;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The usual time to the first chunk of one model: a mean in which a sample loses weight with time,
 * whatever the rate of requests. Thread-safe without a lock.
 */
final class Latency {
  /** The age at which a sample has lost about two thirds of its weight. */
  static final double DECAY_MS = 10_000;

  /** How long a model goes unobserved before one request explores it, and the least interval. */
  static final long EXPLORE_MS = 10_000;

  private record Estimate(double ms, long at) {}

  private final AtomicReference<Estimate> estimate = new AtomicReference<>();
  private final AtomicLong exploredAt;

  /**
   * @param now the time of a monotonic clock in milliseconds
   */
  Latency(long now) {
    exploredAt = new AtomicLong(now - EXPLORE_MS);
  }

  /** Adds a sample; after a long silence it replaces what was known. */
  void add(long ms, long now) {
    estimate.updateAndGet(
        known -> {
          long age = known == null ? Long.MAX_VALUE : Math.max(0, now - known.at);
          double kept = age >= EXPLORE_MS ? 0 : Math.exp(-Math.max(1, age) / DECAY_MS);
          return new Estimate(kept == 0 ? ms : known.ms * kept + ms * (1 - kept), now);
        });
  }

  /** Adds that an attempt had no first chunk after this time, unless that is usual. */
  void addFailure(long ms, long now) {
    Estimate known = estimate.get();
    if (known == null || ms > known.ms) {
      add(ms, now);
    }
  }

  /** Returns the mean in milliseconds; NaN without any sample. */
  double ms() {
    Estimate known = estimate.get();
    return known == null ? Double.NaN : known.ms;
  }

  /** Returns {@code true} to one caller each time that no sample has come for a while. */
  boolean explore(long now) {
    Estimate known = estimate.get();
    long last = exploredAt.get();
    return (known == null || now - known.at >= EXPLORE_MS)
        && now - last >= EXPLORE_MS
        && exploredAt.compareAndSet(last, now);
  }
}
