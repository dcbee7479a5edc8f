package io.llmrelay.provider;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpConnectOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.internal.ContextInternal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/**
 * The HTTP/2 connections of one backend on one lane.
 *
 * <p>A request takes the connection with the fewest streams. New connections are opened only when
 * all are full, as many as the waiting requests fill: a burst after idleness shares a few of them.
 * Their number needs no limit, since the slots limit the requests.
 *
 * <p>A connection takes no more requests after a GOAWAY, or at the end of its lifetime; it is
 * closed when its last stream has ended. A number of connections is kept warm. If the server agrees
 * to HTTP/1.1 only, requests fail with {@link Http1Only} for an hour, before the next attempt.
 *
 * <p>Vert.x's own pool opens a connection for each request of a burst, up to its maximum, and has
 * no pings, no warm connections and no end of those that are busy. All calls are made on one event
 * loop.
 */
final class Http2Pool {
  /** The server speaks HTTP/1.1 only. */
  static final class Http1Only extends Exception {
    private static final long serialVersionUID = 1L;

    private Http1Only() {
      super("the server speaks HTTP/1.1 only", null, false, false);
    }
  }

  /**
   * The settings.
   *
   * @param warm how many connections are kept open
   * @param lifetimeMs the age at which connections drain; 0 for never
   * @param pingMs how long a connection may be silent before it is pinged; 0 for never
   * @param idleMs how long further connections may be idle
   * @param http1 whether HTTP/1.1 will do
   */
  record Settings(int warm, long lifetimeMs, long pingMs, long idleMs, boolean http1) {}

  /** How often connections are checked, while there are any. */
  static final long CHECK_MS = 1_000;

  private static final long HTTP_1_NANOS = TimeUnit.HOURS.toNanos(1);

  /** The time limit for opening a connection. Vert.x has none for the server's SETTINGS. */
  private static final long OPEN_MS = 10_000;

  /** The most connections that may be opening beyond the time limit. */
  private static final int MAX_LATE = 16;

  /** The longest pause after warm connections that could not be opened. */
  private static final long MAX_WARM_PAUSE_MS = 60_000;

  /** Streams of a connection until the server has said how many it takes. */
  private static final long ASSUMED_STREAMS = 100;

  /** A request that waits for a connection. */
  private static final class Waiter {
    final ContextInternal context;
    final BooleanSupplier abandoned;
    final Promise<Http2Connection> promise = Promise.promise();
    long timer;

    Waiter(ContextInternal context, BooleanSupplier abandoned) {
      this.context = context;
      this.abandoned = abandoned;
    }
  }

  private final Vertx vertx;
  private final HttpClientAgent client;
  private final HttpConnectOptions server;
  private final Settings settings;
  private final List<Http2Connection> connections = new ArrayList<>();
  private final Deque<Waiter> waiters = new ArrayDeque<>();
  private int opening;
  private int late;
  private long streams = ASSUMED_STREAMS;
  private long timer = -1;
  private boolean http1;
  private long http1Since;
  private int warmFailures;
  private long warmAt = System.nanoTime();
  private boolean closed;

  Http2Pool(Vertx vertx, HttpClientAgent client, HttpConnectOptions server, Settings settings) {
    this.vertx = vertx;
    this.client = client;
    this.server = server;
    this.settings = settings;
  }

  /** Opens the warm connections, and keeps them open. */
  void start() {
    if (settings.warm > 0) {
      check();
    }
  }

  /** Returns whether the server is known to speak HTTP/1.1 only. */
  boolean isHttp1() {
    if (http1 && System.nanoTime() - http1Since > HTTP_1_NANOS) {
      http1 = false;
    }
    return http1;
  }

  /** Records that the server wants HTTP/1.1; returns whether that is possible. */
  boolean requireHttp1() {
    if (settings.http1) {
      http1 = true;
      http1Since = System.nanoTime();
    }
    return settings.http1;
  }

  /**
   * Returns a connection for one request, which must be sent in the same turn of the event loop.
   *
   * @param limitMs the longest wait; then the future fails with a {@link TimeoutException}
   * @param newerThan a time of {@link System#nanoTime} after which it must have been opened; {@code
   *     null} for any
   * @param abandoned returns whether the request does not wait any more
   */
  Future<Http2Connection> acquire(long limitMs, Long newerThan, BooleanSupplier abandoned) {
    Http2Connection free = free(newerThan);
    if (free != null) {
      return Future.succeededFuture(free);
    }
    Waiter waiter = new Waiter((ContextInternal) vertx.getOrCreateContext(), abandoned);
    waiter.timer = vertx.setTimer(limitMs, id -> giveUp(waiter));
    waiters.add(waiter);
    openForWaiters();
    return waiter.promise.future();
  }

  private void giveUp(Waiter waiter) {
    if (waiters.remove(waiter)) {
      fail(waiter, new TimeoutException("no connection within the time limit"));
    }
  }

  private Http2Connection free(Long newerThan) {
    Http2Connection best = null;
    for (Http2Connection each : connections) {
      if (each.isFree()
          && (newerThan == null || each.isNewerThan(newerThan))
          && (best == null || each.active() < best.active())) {
        best = each;
      }
    }
    return best;
  }

  private void openForWaiters() {
    if (takesNoStreams()) {
      return; // Nor would it on another connection.
    }
    long wanted = (waiters.size() + streams - 1) / streams;
    while (opening < wanted) {
      if (late >= MAX_LATE) {
        failAll(new TimeoutException("the server does not answer"));
        return;
      }
      open();
    }
  }

  /** Returns whether the server has said of an open connection that it takes no streams. */
  private boolean takesNoStreams() {
    for (Http2Connection each : connections) {
      if (!each.isDraining() && !each.isClosed() && each.streams() == 0) {
        return true;
      }
    }
    return false;
  }

  private void open() {
    opening++;
    boolean[] inTime = {true};
    long limit =
        vertx.setTimer(
            OPEN_MS,
            id -> {
              inTime[0] = false;
              late++;
              opened(null, new TimeoutException("no connection within the time limit"));
            });
    client
        .connect(server)
        .onComplete(
            (connection, cause) -> {
              if (inTime[0]) {
                vertx.cancelTimer(limit);
                opened(connection, cause);
              } else {
                late--;
                if (connection != null) {
                  connection.close();
                }
              }
            });
  }

  private void opened(HttpClientConnection connection, Throwable cause) {
    opening--;
    if (connection != null && closed) {
      connection.close();
    } else if (connection == null) {
      failed(cause);
    } else if (connection.protocolVersion() != HttpVersion.HTTP_2) {
      connection.close();
      requireHttp1();
      failAll(new Http1Only());
    } else {
      add(connection);
    }
  }

  private void failed(Throwable cause) {
    if (warmFailures < 16) {
      warmFailures++;
    }
    long pause = Math.min(MAX_WARM_PAUSE_MS, 500L << Math.min(warmFailures, 7));
    warmAt = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(pause);
    if (opening == 0) {
      failAll(cause);
    }
  }

  private void add(HttpClientConnection connection) {
    warmFailures = 0;
    Http2Connection added = new Http2Connection(connection, lifetimeNanos());
    connections.add(added);
    streams = Math.max(1, added.streams());
    startTimer();
    while (!waiters.isEmpty() && added.isFree()) {
      serve(waiters.poll(), added);
    }
    openForWaiters();
  }

  /** Returns the lifetime with jitter, so that connections opened together do not end together. */
  private long lifetimeNanos() {
    long ms = settings.lifetimeMs;
    return ms == 0
        ? Long.MAX_VALUE
        : TimeUnit.MILLISECONDS.toNanos(ms - ThreadLocalRandom.current().nextLong(ms / 5 + 1));
  }

  private void serve(Waiter waiter, Http2Connection connection) {
    vertx.cancelTimer(waiter.timer);
    if (!waiter.abandoned.getAsBoolean()) {
      // On the request's own context, which has its span.
      waiter.context.dispatch(v -> waiter.promise.complete(connection));
    }
  }

  private void failAll(Throwable cause) {
    List<Waiter> all = List.copyOf(waiters);
    waiters.clear();
    all.forEach(waiter -> fail(waiter, cause));
  }

  private void fail(Waiter waiter, Throwable cause) {
    vertx.cancelTimer(waiter.timer);
    waiter.context.dispatch(v -> waiter.promise.fail(cause));
  }

  private void startTimer() {
    if (timer < 0 && !closed) {
      timer = vertx.setPeriodic(CHECK_MS, id -> check());
    }
  }

  private void check() {
    long now = System.nanoTime();
    long ping = TimeUnit.MILLISECONDS.toNanos(settings.pingMs);
    long idle = TimeUnit.MILLISECONDS.toNanos(settings.idleMs);
    int kept = 0;
    for (Http2Connection each : List.copyOf(connections)) {
      boolean warm = !each.isDraining() && kept < settings.warm;
      each.check(now, ping, warm ? Long.MAX_VALUE : idle);
      kept += each.isDraining() ? 0 : 1;
    }
    connections.removeIf(Http2Connection::isClosed);
    if (settings.warm > 0) {
      startTimer();
      if (!isHttp1() && now - warmAt >= 0) {
        for (int missing = settings.warm - kept - opening; missing > 0 && !closed; missing--) {
          open();
        }
      }
    } else if (connections.isEmpty() && timer >= 0) {
      vertx.cancelTimer(timer);
      timer = -1;
    }
  }

  /** Stops opening connections. The client closes those that are open. */
  void close() {
    closed = true;
    vertx.cancelTimer(timer);
    failAll(new TimeoutException("closed"));
  }
}
