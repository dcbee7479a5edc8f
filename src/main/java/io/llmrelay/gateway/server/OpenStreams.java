package io.llmrelay.gateway.server;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.HashSet;
import java.util.Set;

/**
 * The streamed responses in progress on one event loop, checked by one periodic timer.
 *
 * <p>A response that writes records {@link #now}, the time of the last check, instead of reading
 * the clock or resetting a timer for each chunk. Intervals are therefore up to one period shorter.
 */
public final class OpenStreams {
  private static final long MAX_PERIOD_MS = 1_000;

  private final Vertx vertx;
  private final Set<Stream> streams = new HashSet<>();
  private long heartbeatMs;
  private long writeIdleMs;
  private long now = clock();
  private long timer = -1;
  private Promise<Void> lastRemoved;

  /** A streamed response in progress. */
  public interface Stream {
    /**
     * Sends a heartbeat or resets the response where it is due.
     *
     * @param now the current time in milliseconds, comparable to {@link OpenStreams#now}
     * @param heartbeatMs time without a write after which a heartbeat is due; 0 for none
     * @param writeIdleMs time after which a blocked response is reset
     */
    void check(long now, long heartbeatMs, long writeIdleMs);
  }

  public OpenStreams(Vertx vertx, long heartbeatMs, long writeIdleMs) {
    this.vertx = vertx;
    update(heartbeatMs, writeIdleMs);
  }

  /** Replaces the intervals, for streams in progress as well. */
  public void update(long heartbeatMs, long writeIdleMs) {
    this.heartbeatMs = heartbeatMs;
    this.writeIdleMs = writeIdleMs;
    long shortest = heartbeatMs > 0 ? Math.min(heartbeatMs, writeIdleMs) : writeIdleMs;
    vertx.cancelTimer(timer);
    timer = vertx.setPeriodic(Math.min(MAX_PERIOD_MS, Math.max(1, shortest / 4)), id -> check());
  }

  /** Returns the time of the last check in milliseconds of a monotonic clock. */
  public long now() {
    return now;
  }

  public void add(Stream stream) {
    streams.add(stream);
  }

  public void remove(Stream stream) {
    streams.remove(stream);
    if (streams.isEmpty() && lastRemoved != null) {
      lastRemoved.tryComplete();
    }
  }

  /** Completes when there are no more streams, within a time limit. */
  public Future<Void> awaitNone(long limitMs) {
    if (streams.isEmpty()) {
      return Future.succeededFuture();
    }
    lastRemoved = Promise.promise();
    long limit = vertx.setTimer(limitMs, id -> lastRemoved.tryComplete());
    return lastRemoved.future().onComplete(done -> vertx.cancelTimer(limit));
  }

  private void check() {
    now = clock();
    for (Stream stream : streams.toArray(Stream[]::new)) {
      stream.check(now, heartbeatMs, writeIdleMs);
    }
  }

  private static long clock() {
    return System.nanoTime() / 1_000_000;
  }
}
