package io.llmrelay.gateway;

import java.util.concurrent.atomic.AtomicLong;

/** How much of something there is, and may be. Safe from any thread. */
final class Bound {
  private final AtomicLong count = new AtomicLong();
  private volatile long limit;

  Bound(long limit) {
    this.limit = limit;
  }

  void limit(long most) {
    limit = most;
  }

  /** Counts so many more, unless that is too much. */
  boolean add(long more) {
    if (count.addAndGet(more) <= limit) {
      return true;
    }
    count.addAndGet(-more);
    return false;
  }

  void remove(long less) {
    count.addAndGet(-less);
  }

  long limit() {
    return limit;
  }
}
