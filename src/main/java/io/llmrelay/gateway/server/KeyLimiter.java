package io.llmrelay.gateway.server;

import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.Priority;
import io.llmrelay.cluster.SharedLimit;
import io.llmrelay.cluster.Sharing;
import io.llmrelay.config.GatewayKeyOptions;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;

/** Enforces the limits of one key and holds its permissions. Thread-safe. */
final class KeyLimiter {
  /** Retry delay for a key at its concurrency limit: when a request will end is unknown. */
  private static final long BUSY_RETRY_MS = 1_000;

  private final String name;
  private final ConcurrencyLimit concurrency;
  private final RateLimit rate;
  private Set<SharedLimit> shared = Set.of();
  private volatile GatewayKeyOptions options;

  /**
   * @param clock a monotonic clock in nanoseconds
   */
  KeyLimiter(String name, GatewayKeyOptions options, LongSupplier clock) {
    this.name = name;
    concurrency = new ConcurrencyLimit("key " + name + " max-concurrent");
    rate = new RateLimit("key " + name + " requests-per-minute", clock);
    update(options);
  }

  /** Replaces the limits. The tokens used so far remain used, up to one whole bucket. */
  void update(GatewayKeyOptions next) {
    options = new GatewayKeyOptions(next);
    Integer max = next.getMaxConcurrent();
    Integer perMinute = next.getRequestsPerMinute();
    Integer burst = next.getBurst() == null ? perMinute : next.getBurst();
    concurrency.update(max == null ? Integer.MAX_VALUE : max);
    rate.update(perMinute == null ? 0 : perMinute, burst == null ? 0 : burst);
  }

  /** Shares the limits that there are with other nodes. */
  synchronized void share(Sharing nodes) {
    Set<SharedLimit> next = new HashSet<>();
    if (concurrency.isLimited()) {
      next.add(concurrency);
    }
    if (rate.isLimited()) {
      next.add(rate);
    }
    next.stream().filter(each -> !shared.contains(each)).forEach(nodes::add);
    shared.stream().filter(each -> !next.contains(each)).forEach(nodes::remove);
    shared = next;
  }

  /** Stops to share the limits. */
  synchronized void unshare(Sharing nodes) {
    shared.forEach(nodes::remove);
    shared = Set.of();
  }

  /** Returns the name of the key. */
  String name() {
    return name;
  }

  /** Returns whether a request may override this field of {@code relay}. */
  boolean mayOverride(String field) {
    List<String> fields = options.getMayOverride();
    return (fields == null ? GatewayKeyOptions.OVERRIDES : fields).contains(field);
  }

  /** Returns the highest priority of a request. */
  Priority priority() {
    return options.getPriority();
  }

  /** Returns whether idle streams are sent comments as heartbeats. */
  boolean hasHeartbeat() {
    return options.isHeartbeat();
  }

  /**
   * Admits a request, for which {@link #release} must be called when it ends.
   *
   * @return the error if a limit is reached; {@code null} if the request is admitted
   */
  GatewayError tryAcquire() {
    if (!concurrency.tryAcquire()) {
      return rateLimited(
          "the key %s may have %d concurrent requests".formatted(name, options.getMaxConcurrent()),
          BUSY_RETRY_MS);
    }
    long waitNs = rate.takeToken();
    if (waitNs > 0) {
      concurrency.release();
      return rateLimited(
          "the key %s may send %d requests a minute"
              .formatted(name, options.getRequestsPerMinute()),
          waitNs / 1_000_000 + 1);
    }
    return null;
  }

  void release() {
    concurrency.release();
  }

  private static GatewayError rateLimited(String message, long retryMs) {
    return GatewayError.of(Failure.of(FailureKind.RATE_LIMITED, message).withRetryAfterMs(retryMs));
  }
}
