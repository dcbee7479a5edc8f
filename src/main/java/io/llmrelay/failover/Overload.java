package io.llmrelay.failover;

import io.llmrelay.chat.Durations;
import io.llmrelay.chat.Priority;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;

/**
 * Tells when the relay itself is overloaded: when an event loop lags, or the heap is full. A single
 * pause is no overload: lag and heap are the least of the last {@value #SAMPLES} samples.
 *
 * <p>Low priorities are refused at the limit; normal ones at twice the lag, or halfway from the
 * limit of the heap to a full one; high ones never. Not thread-safe.
 */
final class Overload {
  static final long INTERVAL_MS = 250;
  private static final int SAMPLES = 8;

  private final Duration maxLag;
  private final double maxHeap;
  private final long[] lags = new long[SAMPLES];
  private final double[] heaps = new double[SAMPLES];
  private int next;
  private long lag;
  private double heap;

  /**
   * @param maxLag the lag at which low priorities are refused
   * @param maxHeap the share of the heap in use at which low priorities are refused
   */
  Overload(Duration maxLag, double maxHeap) {
    this.maxLag = maxLag;
    this.maxHeap = maxHeap;
  }

  /** Records that a timer of {@link #INTERVAL_MS} was late, and the heap in use. */
  void sample(long lateMs, double heapInUse) {
    lags[next] = lateMs;
    heaps[next] = heapInUse;
    next = (next + 1) % SAMPLES;
    lag = Arrays.stream(lags).min().orElse(0);
    heap = Arrays.stream(heaps).min().orElse(0);
  }

  /** Returns why a request is refused, or {@code null}. */
  String problem(Priority priority) {
    if (priority == Priority.HIGH) {
      return null;
    }
    boolean low = priority == Priority.LOW;
    if (lag >= maxLag.toMillis() * (low ? 1 : 2)) {
      return "the relay is overloaded: its event loop lags by %s (overload.max-lag %s)"
          .formatted(Durations.format(Duration.ofMillis(lag)), Durations.format(maxLag));
    }
    if (heap >= (low ? maxHeap : (1 + maxHeap) / 2)) {
      return String.format(
          Locale.ROOT,
          "the relay is overloaded: %.0f %% of its heap are in use (overload.max-heap %s)",
          100 * heap,
          maxHeap);
    }
    return null;
  }

  /** Returns the share of the heap in use, garbage included. */
  static double heapInUse() {
    Runtime runtime = Runtime.getRuntime();
    return (double) (runtime.totalMemory() - runtime.freeMemory()) / runtime.maxMemory();
  }
}
