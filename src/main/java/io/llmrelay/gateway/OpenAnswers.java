package io.llmrelay.gateway;

import io.vertx.core.Vertx;
import java.util.HashSet;
import java.util.Set;

/**
 * The streamed answers under way on one event loop, checked by one periodic timer.
 *
 * <p>An answer that writes notes {@link #now}, the time of the last check: no clock is read and no
 * timer is moved for a chunk. So a time span counts from up to one period early.
 */
final class OpenAnswers {
  private static final long MAX_PERIOD_MS = 1_000;

  private final Vertx vertx;
  private final Set<StreamedAnswer> answers = new HashSet<>();
  private long heartbeatMs;
  private long writeIdleMs;
  private long now = clock();
  private long timer = -1;

  OpenAnswers(Vertx vertx, long heartbeatMs, long writeIdleMs) {
    this.vertx = vertx;
    update(heartbeatMs, writeIdleMs);
  }

  /** Sets other limits, for the answers under way too; a heartbeat of 0 is none. */
  void update(long heartbeatMs, long writeIdleMs) {
    this.heartbeatMs = heartbeatMs;
    this.writeIdleMs = writeIdleMs;
    long shortest = heartbeatMs > 0 ? Math.min(heartbeatMs, writeIdleMs) : writeIdleMs;
    vertx.cancelTimer(timer);
    timer = vertx.setPeriodic(Math.min(MAX_PERIOD_MS, Math.max(1, shortest / 4)), id -> check());
  }

  /** The time of the last check, in milliseconds that only go forward. */
  long now() {
    return now;
  }

  void add(StreamedAnswer answer) {
    answers.add(answer);
  }

  void remove(StreamedAnswer answer) {
    answers.remove(answer);
  }

  private void check() {
    now = clock();
    for (StreamedAnswer answer : answers.toArray(StreamedAnswer[]::new)) {
      answer.check(now, heartbeatMs, writeIdleMs);
    }
  }

  private static long clock() {
    return System.nanoTime() / 1_000_000;
  }
}
