package io.llmrelay.gateway.server;

import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.Priority;
import io.llmrelay.config.GatewayKeyOptions;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Enforces the limits of one key and holds its permissions. Thread-safe.
 *
 * <p>The rate limit is a token bucket stored as a single number: the time at which the bucket will
 * be full. Taking a token moves that time forward by the interval at which tokens are added; a
 * request that would move it more than one whole bucket ahead of now is refused.
 */
final class KeyLimiter {
  private static final long MINUTE_NS = 60_000_000_000L;

  /** Retry delay for a key at its concurrency limit: when a request will end is unknown. */
  private static final long BUSY_RETRY_MS = 1_000;

  private final String name;
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicLong fullAt;
  private volatile Limits limits;

  private record Limits(
      long perMinute,
      long burst,
      int maxConcurrent,
      List<String> mayOverride,
      boolean heartbeat,
      Priority priority) {
    static Limits of(GatewayKeyOptions options) {
      Integer perMinute = options.getRequestsPerMinute();
      Integer burst = options.getBurst() == null ? perMinute : options.getBurst();
      return new Limits(
          perMinute == null ? 0 : perMinute,
          burst == null ? 0 : burst,
          options.getMaxConcurrent() == null ? Integer.MAX_VALUE : options.getMaxConcurrent(),
          options.getMayOverride() == null ? GatewayKeyOptions.OVERRIDES : options.getMayOverride(),
          options.isHeartbeat(),
          options.getPriority());
    }

    long tokenNs() {
      return perMinute == 0 ? 0 : MINUTE_NS / perMinute;
    }

    long bucketNs() {
      return tokenNs() * burst;
    }
  }

  /**
   * @param nowNs the time of {@link System#nanoTime}
   */
  KeyLimiter(String name, GatewayKeyOptions options, long nowNs) {
    this.name = name;
    fullAt = new AtomicLong(nowNs);
    update(options, nowNs);
  }

  /** Replaces the limits. The tokens used so far remain used, up to one whole bucket. */
  void update(GatewayKeyOptions options, long nowNs) {
    Limits next = Limits.of(options);
    limits = next;
    fullAt.updateAndGet(current -> nowNs + Math.min(Math.max(current - nowNs, 0), next.bucketNs()));
  }

  /** Returns the name of the key. */
  String name() {
    return name;
  }

  /** Returns whether a request may override this field of {@code relay}. */
  boolean mayOverride(String field) {
    return limits.mayOverride.contains(field);
  }

  /** Returns the highest priority of a request. */
  Priority priority() {
    return limits.priority;
  }

  /** Returns whether idle streams are sent comments as heartbeats. */
  boolean hasHeartbeat() {
    return limits.heartbeat;
  }

  /**
   * Admits a request, for which {@link #release} must be called when it ends.
   *
   * @param nowNs the time of {@link System#nanoTime}
   * @return the error if a limit is reached; {@code null} if the request is admitted
   */
  GatewayError tryAcquire(long nowNs) {
    Limits limits = this.limits;
    if (running.incrementAndGet() > limits.maxConcurrent) {
      running.decrementAndGet();
      return rateLimited(
          "the key %s may have %d concurrent requests".formatted(name, limits.maxConcurrent),
          BUSY_RETRY_MS);
    }
    long waitNs = limits.perMinute == 0 ? 0 : takeToken(limits, nowNs);
    if (waitNs > 0) {
      running.decrementAndGet();
      return rateLimited(
          "the key %s may send %d requests a minute".formatted(name, limits.perMinute),
          waitNs / 1_000_000 + 1);
    }
    return null;
  }

  void release() {
    running.decrementAndGet();
  }

  /** Takes a token and returns 0, or returns the nanoseconds until one will be available. */
  private long takeToken(Limits limits, long nowNs) {
    while (true) {
      long current = fullAt.get();
      long ahead = Math.max(current - nowNs, 0) + limits.tokenNs();
      if (ahead > limits.bucketNs()) {
        return ahead - limits.bucketNs();
      }
      if (fullAt.compareAndSet(current, nowNs + ahead)) {
        return 0;
      }
    }
  }

  private static GatewayError rateLimited(String message, long retryMs) {
    return GatewayError.of(Failure.of(FailureKind.RATE_LIMITED, message).withRetryAfterMs(retryMs));
  }
}
