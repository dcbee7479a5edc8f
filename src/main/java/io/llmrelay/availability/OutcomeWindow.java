package io.llmrelay.availability;

/**
 * A sliding window of the conclusive outcomes of a closed circuit, bounded in time and in number:
 * the last {@value #LEAST_SIZE}, or as many as the failures it takes to open, up to {@value
 * #MOST_SIZE}. Written once or twice per attempt, under a short lock.
 */
final class OutcomeWindow {
  /** Least capacity; bounds memory and the weight of past successes. */
  static final int LEAST_SIZE = 100;

  /** Largest capacity. */
  static final int MOST_SIZE = 1_000;

  /** Failures in a row are an outage if they last for this fraction of the window. */
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
   * Creates an empty window.
   *
   * @param windowMs how long an outcome counts, in milliseconds
   * @param maxFailures least number of failures that opens the circuit
   * @param failureRate least share of failures that opens it, above 0 and at most 1
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

  /** Counts a success and returns its number, for {@link #failAlive}. */
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

  /** Turns a counted success into a failure: the attempt broke after its first chunk. */
  synchronized void failAlive(long number, long now) {
    if (count - number <= size) {
      failed[(int) (number % size)] = true;
      times[(int) (number % size)] = now;
      failuresInARow++;
    } else {
      failure(now);
    }
  }

  /**
   * Returns whether the circuit should open: enough failures, and either a sufficient share of all
   * outcomes or nothing but failures for a while (which past successes would outweigh otherwise).
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
