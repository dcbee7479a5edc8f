package io.llmrelay.gateway.server;

import io.llmrelay.cluster.Others;
import io.llmrelay.cluster.SharedLimit;
import io.llmrelay.cluster.Use;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * A token bucket, stored as a single number: the time at which the bucket will be full. Taking a
 * token moves that time forward by the interval at which tokens are added; a request that would
 * move it more than one whole bucket ahead of now is refused. Thread-safe.
 *
 * <p>Nodes that share the limit each have a copy of the bucket, from which they take their own
 * tokens at once and those of the others when they hear of them. So tokens that were taken in
 * excess are missing later.
 */
final class RateLimit extends SharedLimit {
  private static final long MINUTE_NS = 60_000_000_000L;

  /** Retry delay while other nodes have what is left. */
  private static final long PART_RETRY_NS = 250_000_000;

  private final LongSupplier clock;
  private final AtomicLong fullAt;
  private final AtomicLong taken = new AtomicLong();
  private long configuredPerMinute;
  private long configuredBurst;
  private Others others = Others.NONE;
  private volatile Rate rate = new Rate(0, 0);
  private volatile Part part = Part.ALL;

  /** The rate without the shares of lost nodes. */
  private record Rate(long perMinute, long burst) {
    long tokenNs() {
      return perMinute == 0 ? 0 : MINUTE_NS / perMinute;
    }

    long bucketNs() {
      return tokenNs() * burst;
    }
  }

  /**
   * How many tokens this node may take: {@code max} in all, and its part of those that are added
   * from then on.
   *
   * @param granted how many of them are beyond what the others know
   * @param intervalNs the interval at which its part grows
   */
  private record Part(long max, long granted, long sinceNs, long intervalNs) {
    static final Part ALL = new Part(Long.MAX_VALUE, Long.MAX_VALUE, 0, 1);

    boolean fits(long taken, long nowNs) {
      return taken < max || taken - max < added(nowNs);
    }

    private long added(long nowNs) {
      return Math.max(0, nowNs - sinceNs) / intervalNs;
    }
  }

  /**
   * @param clock a monotonic clock in nanoseconds
   */
  RateLimit(String id, LongSupplier clock) {
    super(id);
    this.clock = clock;
    fullAt = new AtomicLong(clock.getAsLong());
  }

  /**
   * Replaces the limit. The tokens used so far remain used, up to one whole bucket.
   *
   * @param perMinute 0 for no limit
   */
  synchronized void update(long perMinute, long burst) {
    configuredPerMinute = perMinute;
    configuredBurst = burst;
    applyOthers();
    long nowNs = clock.getAsLong();
    long bucketNs = rate.bucketNs();
    fullAt.updateAndGet(full -> nowNs + Math.min(Math.max(full - nowNs, 0), bucketNs));
  }

  private void applyOthers() {
    rate =
        new Rate(
            configuredPerMinute - others.held(configuredPerMinute),
            configuredBurst - others.held(configuredBurst));
  }

  boolean isLimited() {
    return rate.perMinute > 0;
  }

  /** Takes a token and returns 0, or returns the nanoseconds until one will be available. */
  long takeToken() {
    Rate current = rate;
    if (current.perMinute == 0) {
      return 0;
    }
    long nowNs = clock.getAsLong();
    while (true) {
      long full = fullAt.get();
      long ahead = Math.max(full - nowNs, 0) + current.tokenNs();
      if (ahead > current.bucketNs()) {
        changed(true);
        return ahead - current.bucketNs();
      }
      Part mine = part;
      long before = taken.get();
      if (!mine.fits(before, nowNs)) {
        changed(true);
        return PART_RETRY_NS;
      }
      if (fullAt.compareAndSet(full, nowNs + ahead)) {
        taken.incrementAndGet();
        changed(mine.max - before <= mine.granted / 2);
        return 0;
      }
    }
  }

  @Override
  protected Use use() {
    long tokenNs = rate.tokenNs();
    long ahead = Math.max(fullAt.get() - clock.getAsLong(), 0);
    return new Use(0, taken.get(), tokenNs == 0 ? 0 : ahead / tokenNs);
  }

  @Override
  protected synchronized void share(Others next) {
    Others before = others;
    others = next;
    applyOthers();
    Rate current = rate;
    if (current.perMinute == 0) {
      return;
    }
    long nowNs = clock.getAsLong();
    long tokenNs = current.tokenNs();
    long more = Math.max(0, next.used() - before.used()) * tokenNs;
    boolean isNew = before.isAlone() || next.lost() < before.lost();
    long atLeast = isNew ? next.mostReserved() * tokenNs : 0;
    long most = 2 * current.bucketNs(); // So that a wrong report does not block for long.
    long ahead =
        fullAt.updateAndGet(
                full -> nowNs + Math.min(Math.max(Math.max(full - nowNs, 0) + more, atLeast), most))
            - nowNs;
    if (next.isAlone()) {
      part = Part.ALL;
      return;
    }
    long confirmed = next.confirmed().used();
    long unconfirmed = taken.get() - confirmed;
    long granted = next.part((double) (current.bucketNs() - ahead) / tokenNs + unconfirmed);
    part = new Part(confirmed + granted, granted, nowNs, next.interval(tokenNs));
  }
}
