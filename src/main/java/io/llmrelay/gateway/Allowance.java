package io.llmrelay.gateway;

import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.config.GatewayKeyOptions;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What one key may do, and what it is doing. Safe from any thread.
 *
 * <p>The rate is a token bucket, kept as one number: the time at which the bucket would be full
 * again. A request moves it on by the time one token takes to come; one that would move it further
 * ahead than a whole bucket is refused, and moves nothing.
 */
final class Allowance {
  private static final long MINUTE_NS = 60_000_000_000L;

  /** What a request is told to wait where nobody knows when another one ends. */
  private static final long BUSY_MS = 1_000;

  private final String name;
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicLong full;
  private volatile Limits limits;

  private record Limits(
      long perMinute, long burst, int maxConcurrent, List<String> mayOverride, boolean heartbeat) {
    static Limits of(GatewayKeyOptions options) {
      Integer perMinute = options.getRequestsPerMinute();
      Integer burst = options.getBurst() == null ? perMinute : options.getBurst();
      return new Limits(
          perMinute == null ? 0 : perMinute,
          burst == null ? 0 : burst,
          options.getMaxConcurrent() == null ? Integer.MAX_VALUE : options.getMaxConcurrent(),
          options.getMayOverride() == null ? GatewayKeyOptions.OVERRIDES : options.getMayOverride(),
          options.isHeartbeat());
    }

    long tokenNs() {
      return perMinute == 0 ? 0 : MINUTE_NS / perMinute;
    }

    long bucketNs() {
      return tokenNs() * burst;
    }
  }

  Allowance(String name, GatewayKeyOptions options, long now) {
    this.name = name;
    full = new AtomicLong(now);
    update(options, now);
  }

  /** Other limits from now on; what was used stays used, up to a whole bucket. */
  void update(GatewayKeyOptions options, long now) {
    Limits next = Limits.of(options);
    limits = next;
    full.updateAndGet(was -> now + Math.min(Math.max(was - now, 0), next.bucketNs()));
  }

  String name() {
    return name;
  }

  /** Whether a request may override this field of {@code relay}. */
  boolean mayOverride(String field) {
    return limits.mayOverride.contains(field);
  }

  /** Whether streams have comments as heartbeats. */
  boolean heartbeat() {
    return limits.heartbeat;
  }

  /**
   * Lets a request in, which must {@link #leave} again, or says why not.
   *
   * @param now nanoseconds that only go forward
   * @return {@code null} where it is in
   */
  ApiError enter(long now) {
    Limits limits = this.limits;
    if (running.incrementAndGet() > limits.maxConcurrent) {
      running.decrementAndGet();
      return refused(
          "the key %s may have %d requests at a time".formatted(name, limits.maxConcurrent),
          BUSY_MS);
    }
    long waitNs = limits.perMinute == 0 ? 0 : take(limits, now);
    if (waitNs > 0) {
      running.decrementAndGet();
      return refused(
          "the key %s may send %d requests a minute".formatted(name, limits.perMinute),
          waitNs / 1_000_000 + 1);
    }
    return null;
  }

  void leave() {
    running.decrementAndGet();
  }

  /** Takes a token; returns how long one that is not there will take to come. */
  private long take(Limits limits, long now) {
    while (true) {
      long was = full.get();
      long next = Math.max(was - now, 0) + limits.tokenNs();
      if (next > limits.bucketNs()) {
        return next - limits.bucketNs();
      }
      if (full.compareAndSet(was, now + next)) {
        return 0;
      }
    }
  }

  private static ApiError refused(String why, long waitMs) {
    return ApiError.of(Failure.of(FailureKind.RATE_LIMITED, why).withRetryAfterMs(waitMs));
  }
}
