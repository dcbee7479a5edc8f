package io.llmrelay.gateway.server;

import java.util.concurrent.atomic.AtomicLong;

/** A counter with an upper limit. Thread-safe. */
public final class Quota {
  private final AtomicLong used = new AtomicLong();
  private volatile long limit;

  public Quota(long limit) {
    this.limit = limit;
  }

  long limit() {
    return limit;
  }

  void setLimit(long limit) {
    this.limit = limit;
  }

  /** Adds an amount and returns true, or returns false if that would exceed the limit. */
  boolean tryAcquire(long amount) {
    if (used.addAndGet(amount) <= limit) {
      return true;
    }
    used.addAndGet(-amount);
    return false;
  }

  void release(long amount) {
    used.addAndGet(-amount);
  }
}
