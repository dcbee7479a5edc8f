package io.llmrelay.gateway.server;

import io.llmrelay.cluster.Others;
import io.llmrelay.cluster.SharedLimit;
import io.llmrelay.cluster.Use;
import java.util.concurrent.atomic.AtomicInteger;

/** A limit of the requests in progress, at all nodes that share it. Thread-safe. */
final class ConcurrencyLimit extends SharedLimit {
  private final AtomicInteger running = new AtomicInteger();
  private volatile int max;
  private volatile Part part = Part.ALL;

  /**
   * What this node may use.
   *
   * @param elsewhere what the other nodes use, and the shares of lost ones
   * @param max how many requests this node may have
   * @param granted how many of them are beyond what the others know
   */
  private record Part(long elsewhere, long max, long granted) {
    static final Part ALL = new Part(0, Long.MAX_VALUE, Long.MAX_VALUE);
  }

  ConcurrencyLimit(String id) {
    super(id);
  }

  /**
   * @param max the most requests; {@link Integer#MAX_VALUE} for no limit
   */
  void update(int max) {
    this.max = max;
  }

  boolean isLimited() {
    return max < Integer.MAX_VALUE;
  }

  /** Adds a request, to be {@linkplain #release released}, or returns false at the limit. */
  boolean tryAcquire() {
    Part current = part;
    int now = running.incrementAndGet();
    if (now > max - current.elsewhere || now > current.max) {
      running.decrementAndGet();
      changed(true);
      return false;
    }
    changed(current.max - now < current.granted / 2);
    return true;
  }

  /** Removes a request; at the limit, others may be waiting for it. */
  void release() {
    changed(running.decrementAndGet() + 1 >= max - part.elsewhere);
  }

  @Override
  protected Use use() {
    return new Use(0, 0, running.get());
  }

  @Override
  protected void share(Others others) {
    if (others.isAlone()) {
      part = Part.ALL;
      return;
    }
    long elsewhere = others.reserved() + Math.max(0, others.held(max) - others.reservedByLost());
    long confirmed = others.confirmed().reserved();
    long granted = others.part((double) max - elsewhere - confirmed);
    part = new Part(elsewhere, confirmed + granted, granted);
  }
}
