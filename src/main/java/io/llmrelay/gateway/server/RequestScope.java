package io.llmrelay.gateway.server;

import io.vertx.ext.web.RoutingContext;

/** Resources and permissions held by a request until its response ends. */
public final class RequestScope {
  private static final String CONTEXT_KEY = "scope";

  private final Connections.Tracker tracker;
  private final KeyLimiter limiter;
  private final Quota bodyBytes;
  private long reservedBytes;
  private boolean ended;

  private RequestScope(Connections.Tracker tracker, KeyLimiter limiter, Quota bodyBytes) {
    this.tracker = tracker;
    this.limiter = limiter;
    this.bodyBytes = bodyBytes;
  }

  /**
   * Begins the scope of a request.
   *
   * @param tracker of the request's connection; may be {@code null}
   * @param limiter of the request's key; {@code null} without a key
   */
  static RequestScope begin(
      RoutingContext ctx, Connections.Tracker tracker, KeyLimiter limiter, Quota bodyBytes) {
    RequestScope scope = new RequestScope(tracker, limiter, bodyBytes);
    ctx.put(CONTEXT_KEY, scope);
    return scope;
  }

  /** Returns the scope of a request that has passed an {@link AuthHandler}. */
  public static RequestScope of(RoutingContext ctx) {
    return ctx.get(CONTEXT_KEY);
  }

  /** Returns the name of the request's key; {@code null} without a key. */
  public String keyName() {
    return limiter == null ? null : limiter.name();
  }

  /** Returns whether the request may override this field of {@code relay}. */
  public boolean mayOverride(String field) {
    return limiter == null || limiter.mayOverride(field);
  }

  /** Returns whether a stream to this client is sent comments as heartbeats. */
  public boolean hasHeartbeat() {
    return limiter == null || limiter.hasHeartbeat();
  }

  /** Reserves memory for body bytes until the scope ends; returns false if the quota is used up. */
  public boolean reserveBodyBytes(long bytes) {
    if (ended) {
      return true; // the body is discarded
    }
    boolean available = bodyBytes.tryAcquire(bytes);
    reservedBytes += available ? bytes : 0;
    return available;
  }

  /** Releases everything; further calls do nothing. */
  void end() {
    if (ended) {
      return;
    }
    ended = true;
    bodyBytes.release(reservedBytes);
    if (tracker != null) {
      tracker.end();
    }
    if (limiter != null) {
      limiter.release();
    }
  }
}
