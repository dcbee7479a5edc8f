package io.llmrelay;

import io.vertx.core.Future;
import java.time.Duration;

/**
 * A stop watch that stands still while the machine does. What must be over within a second may take
 * as long as it likes by the clock if all the while nobody was allowed to run: that says nothing of
 * whom it is asked of. A heartbeat notices such pauses, for they keep it from beating.
 */
public final class Awake {
  private static final long BEAT_NS = 10_000_000;

  /** A beat that is later than this missed a pause, and not merely its turn. */
  private static final long PAUSE_NS = 30_000_000;

  private static final Object LOCK = new Object();
  private static long lastBeat = System.nanoTime();
  private static long paused;

  static {
    Thread heart = new Thread(Awake::beat, "awake");
    heart.setDaemon(true);
    heart.start();
  }

  private final long startedAt;
  private final long pausedBefore;

  private Awake() {
    synchronized (LOCK) {
      startedAt = System.nanoTime();
      pausedBefore = pausedUntil(startedAt);
    }
  }

  private static void beat() {
    try {
      while (true) {
        Thread.sleep(BEAT_NS / 1_000_000);
        synchronized (LOCK) {
          long now = System.nanoTime();
          paused = pausedUntil(now);
          lastBeat = now;
        }
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e); // nobody knows the thread
    }
  }

  /** All pauses so far, one that may not be over included. */
  private static long pausedUntil(long now) {
    long gap = now - lastBeat;
    return gap > PAUSE_NS ? paused + gap - BEAT_NS : paused;
  }

  /** Starts a watch. */
  public static Awake begin() {
    return new Awake();
  }

  /** How long the machine has been awake since the start. */
  public Duration elapsed() {
    synchronized (LOCK) {
      long now = System.nanoTime();
      return Duration.ofNanos(now - startedAt - (pausedUntil(now) - pausedBefore));
    }
  }

  /** How long it was awake until that future completed, for whatever comes of it. */
  public Future<Duration> until(Future<?> future) {
    return future.transform(result -> Future.succeededFuture(elapsed()));
  }
}
