package io.llmrelay.gateway.server;

import io.llmrelay.chat.Priority;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;

/** Resources and permissions held by a request until its response ends. */
public final class RequestScope {
  private static final String CONTEXT_KEY = "scope";

  /** The most milliseconds a request waits for memory. */
  static final long MAX_WAIT_MS = 30_000;

  private final String path;
  private final Connections.Tracker tracker;
  private final String keyName;
  private final KeyLimiter limiter;
  private final BodyMemory memory;
  private final Context context = Vertx.currentContext();
  private long reserved;
  private BodyMemory.Waiter waiter;
  private long waitTimer;
  private boolean ended;

  private RequestScope(
      String path,
      Connections.Tracker tracker,
      String keyName,
      KeyLimiter limiter,
      BodyMemory memory) {
    this.path = path;
    this.keyName = keyName;
    this.tracker = tracker;
    this.limiter = limiter;
    this.memory = memory;
  }

  /**
   * Begins the scope of a request.
   *
   * @param tracker of the request's connection; may be {@code null}
   * @param keyName the name of the request's key; {@code null} without a key
   * @param limiter that has admitted the request; {@code null} if none has
   */
  static RequestScope begin(
      RoutingContext ctx,
      Connections.Tracker tracker,
      String keyName,
      KeyLimiter limiter,
      BodyMemory memory) {
    RequestScope scope = new RequestScope(ctx.request().path(), tracker, keyName, limiter, memory);
    ctx.put(CONTEXT_KEY, scope);
    return scope;
  }

  /** Returns the scope of a request that has passed an {@link AuthHandler}. */
  public static RequestScope of(RoutingContext ctx) {
    return ctx.get(CONTEXT_KEY);
  }

  /** Returns the path that the request was sent to. */
  public String path() {
    return path;
  }

  /** Returns a promise that is completed if the client disconnects before its response ends. */
  public static Promise<Void> disconnected(RoutingContext ctx) {
    Promise<Void> disconnected = Promise.promise();
    // An HTTP/2 stream may close before the end of a complete response is reported.
    ctx.addEndHandler(
        end -> {
          if (!ctx.response().ended()) {
            disconnected.tryComplete();
          }
        });
    return disconnected;
  }

  /** Returns the name of the request's key; {@code null} without a key. */
  public String keyName() {
    return keyName;
  }

  /** Returns whether the request may override this field of {@code relay}. */
  public boolean mayOverride(String field) {
    return limiter == null || limiter.mayOverride(field);
  }

  /** Returns the highest priority that the request may have. */
  public Priority priority() {
    return limiter == null ? Priority.NORMAL : limiter.priority();
  }

  /** Returns whether a stream to this client is sent comments as heartbeats. */
  public boolean hasHeartbeat() {
    return limiter == null || limiter.hasHeartbeat();
  }

  /**
   * Reserves memory for a body of this size, in place of what is reserved for it. Where there is
   * too little, the request waits, and nothing is read from its socket meanwhile.
   *
   * @return fails if there is still too little after {@link #MAX_WAIT_MS}, or too many wait; never
   *     completes if the scope ends before
   */
  public Future<Void> reserveBody(long bytes) {
    long more = bytes - reserved;
    if (ended) {
      return Future.succeededFuture(); // The body is discarded.
    }
    if (more <= 0) {
      reserved = bytes;
      memory.release(-more);
      return Future.succeededFuture();
    }
    if (memory.tryReserve(more)) {
      reserved = bytes;
      return Future.succeededFuture();
    }
    return waitFor(more);
  }

  private Future<Void> waitFor(long more) {
    Promise<Void> promise = Promise.promise();
    waiter = memory.queue(more, () -> context.runOnContext(v -> reserved(more, promise)));
    if (waiter == null) {
      return Future.failedFuture("too many requests wait for memory");
    }
    if (tracker != null) {
      tracker.pauseReading();
    }
    waitTimer = context.owner().setTimer(MAX_WAIT_MS, id -> giveUp(promise));
    return promise.future();
  }

  private void reserved(long more, Promise<Void> promise) {
    if (ended) {
      memory.release(more);
    } else {
      reserved += more;
      stopWaiting();
      promise.complete();
    }
  }

  private void giveUp(Promise<Void> promise) {
    if (memory.leave(waiter)) {
      stopWaiting();
      promise.fail("no memory has become free");
    }
  }

  private void stopWaiting() {
    waiter = null;
    context.owner().cancelTimer(waitTimer);
    if (tracker != null) {
      tracker.resumeReading();
    }
  }

  /** Releases the memory of the body: from here on nothing holds it. */
  public void releaseBody() {
    reserveBody(0);
  }

  /** Releases everything; further calls do nothing. */
  void end() {
    if (ended) {
      return;
    }
    releaseBody();
    ended = true;
    if (waiter != null) {
      memory.leave(waiter);
      stopWaiting();
    }
    if (tracker != null) {
      tracker.end();
    }
    if (limiter != null) {
      limiter.release();
    }
  }
}
