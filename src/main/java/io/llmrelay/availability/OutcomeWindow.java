package io.llmrelay.availability;

/**
 * The latest conclusive outcomes of a closed circuit: of the last {@value #LEAST_SIZE} (or as many
 * as failures are needed, up to {@value #MOST_SIZE}) those that are no older than the window.
 * Written once or twice per attempt, under a short lock.
 */
final class OutcomeWindow {
  /** Bounds memory, and how many failures a busy backend's past successes can outweigh. */
  static final int LEAST_SIZE = 100;

  static final int MOST_SIZE = 1_000;

  /** This part of the window without a success makes failures in a row an outage. */
  private static final int OUTAGE_PART = 6;

  private final long windowMs;
  private final int maxFailures;
  private final double failureRate;
  private final int size;
  private final long[] times;
  private final boolean[] failed;
  private final long beganAt;
  private long count;
  private long aliveAt;
  private int failuresInARow;

  /**
   * An empty window.
   *
   * @param windowMs how long an outcome counts, in milliseconds
   * @param maxFailures least number of failures that speak against the backend
   * @param failureRate least share of failures that does, above 0 and at most 1
   */
  OutcomeWindow(long windowMs, int maxFailures, double failureRate, long now) {
    this.windowMs = windowMs;
    this.maxFailures = maxFailures;
    size = Math.min(MOST_SIZE, Math.max(LEAST_SIZE, maxFailures));
    times = new long[size];
    failed = new boolean[size];
    this.failureRate = failureRate;
    this.beganAt = now;
    this.aliveAt = now;
  }

  /** Counts a sign of life and returns its number, for {@link #failedAfterAll}. */
  synchronized long alive(long now) {
    failuresInARow = 0;
    aliveAt = now;
    return add(now, false);
  }

  /** Counts a failure. */
  synchronized void failure(long now) {
    failuresInARow++;
    add(now, true);
  }

  /** Turns a sign of life into a failure: the attempt gave its first chunk and broke later. */
  synchronized void failedAfterAll(long number, long now) {
    if (count - number <= size) {
      failed[(int) (number % size)] = true;
      times[(int) (number % size)] = now;
      failuresInARow++;
    } else {
      failure(now);
    }
  }

  /**
   * Whether the outcomes speak against the backend: enough failures, and either a share of all
   * outcomes, or nothing but failures for a while (which a busy past would outweigh otherwise).
   */
  synchronized boolean isFailing(long now) {
    int outcomes = 0;
    int failures = 0;
    for (long i = Math.max(0, count - size); i < count; i++) {
      int slot = (int) (i % size);
      if (now - times[slot] < windowMs) {
        outcomes++;
        failures += failed[slot] ? 1 : 0;
      }
    }
    return failures >= maxFailures
        && (failures >= failureRate * outcomes
            || (failuresInARow >= maxFailures
                && now - Math.max(aliveAt, beganAt) >= windowMs / OUTAGE_PART));
  }

  private long add(long now, boolean failure) {
    int slot = (int) (count % size);
    times[slot] = now;
    failed[slot] = failure;
    return count++;
  }
}
