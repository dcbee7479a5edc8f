package io.llmrelay.gateway;

import java.util.concurrent.atomic.AtomicInteger;

/** How many connections there are, and may be. Safe from any thread. */
final class ConnectionCount {
  private final AtomicInteger count = new AtomicInteger();
  private volatile int limit;

  void limit(int connections) {
    limit = connections;
  }

  /** Counts one more, unless that is one too many. */
  boolean add() {
    if (count.incrementAndGet() <= limit) {
      return true;
    }
    count.decrementAndGet();
    return false;
  }

  void remove() {
    count.decrementAndGet();
  }

  int limit() {
    return limit;
  }
}
