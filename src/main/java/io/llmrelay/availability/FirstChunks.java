package io.llmrelay.availability;

import java.util.Arrays;

/** The latest times to the first chunk of one candidate, in milliseconds. Thread-safe. */
final class FirstChunks {
  static final int WINDOW = 200;

  /** The fewest times of which a percentile is more than an accident. */
  static final int MIN = 20;

  /** How many further times are recorded before the percentile is computed again. */
  private static final int INTERVAL = 10;

  private final long[] times = new long[WINDOW];
  private int count;
  private volatile long p95 = -1;

  synchronized void add(long ms) {
    times[count % WINDOW] = ms;
    count = count == 2 * WINDOW - 1 ? WINDOW : count + 1;
    if (count >= MIN && count % INTERVAL == 0) {
      long[] sorted = Arrays.copyOf(times, Math.min(count, WINDOW));
      Arrays.sort(sorted);
      p95 = sorted[(sorted.length * 95 - 1) / 100];
    }
  }

  /** Returns the 95th percentile; -1 while there are fewer than {@link #MIN} times. */
  long p95() {
    return p95;
  }
}
