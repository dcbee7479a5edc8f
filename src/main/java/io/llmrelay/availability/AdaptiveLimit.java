package io.llmrelay.availability;

/**
 * Finds how many requests a backend serves at once without queueing them itself, from the time of
 * its first chunks: while that stays near the best that was measured, the limit grows; when it
 * rises above {@value #TOLERANCE} times that, the limit shrinks in proportion. Every {@value
 * #PROBE_EVERY}th window runs at a quarter of the limit, to measure the best time anew. The idea is
 * that of TCP Vegas (Brakmo and Peterson, 1995). Not thread-safe.
 */
final class AdaptiveLimit {
  static final int MIN = 2;
  static final int PROBE_EVERY = 40;
  private static final int INITIAL = 16;
  private static final int MIN_WINDOW = 10;
  private static final double TOLERANCE = 1.5;
  private static final double REFUSED = 0.8;

  private final int max;
  private double limit;
  private double best = Double.MAX_VALUE;
  private boolean probing;
  private int windows;
  private double sum;
  private int samples;
  private int mostInUse;
  private boolean refused;

  /**
   * @param max the limit is never above it
   */
  AdaptiveLimit(int max) {
    this.max = max;
    limit = Math.min(INITIAL, max);
  }

  /** Returns the number of requests that may be open now. */
  int current() {
    return (int) Math.max(Math.min(MIN, max), probing ? limit / 4 : limit);
  }

  /**
   * Records a request whose answer has begun.
   *
   * @param firstChunkMs the time from the request to the first chunk
   * @param inUse the requests open at this time
   */
  void served(long firstChunkMs, int inUse) {
    sum += Math.max(1, firstChunkMs);
    samples++;
    mostInUse = Math.max(mostInUse, inUse);
    if (samples >= Math.max(MIN_WINDOW, current())) {
      endWindow(sum / samples);
    }
  }

  /** Records that the backend was overloaded; counts once a window. */
  void refused() {
    if (!refused) {
      refused = true;
      limit = Math.max(MIN, limit * REFUSED);
    }
  }

  private void endWindow(double mean) {
    if (probing) {
      best = mean;
    } else {
      best = Math.min(best, mean);
      if (!refused) {
        adjust(mean);
      }
    }
    windows++;
    probing = windows % PROBE_EVERY == 0;
    sum = 0;
    samples = 0;
    mostInUse = 0;
    refused = false;
  }

  private void adjust(double mean) {
    double gradient = Math.max(0.5, Math.min(1, TOLERANCE * best / mean));
    if (gradient == 1 && mostInUse < limit / 2) {
      return; // The limit was not reached, so nothing is known about a higher one.
    }
    limit = Math.max(MIN, Math.min(max, limit * gradient + Math.sqrt(limit) / 2));
  }
}
