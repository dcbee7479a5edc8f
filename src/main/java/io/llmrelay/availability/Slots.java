package io.llmrelay.availability;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A semaphore for the requests open at a backend, over all lanes, with a bounded FIFO queue. A
 * released slot goes to the first in the queue; as long as requests are queued, no other gets one.
 * Thread-safe without a lock.
 */
final class Slots {
  private final AtomicInteger inUse = new AtomicInteger();
  private final AtomicInteger waiting = new AtomicInteger();
  private final Queue<Ticket> queue = new ConcurrentLinkedQueue<>();
  private volatile int max;
  private volatile int maxWaiting;

  Slots(int max, int maxWaiting) {
    limit(max, maxWaiting);
  }

  /** Changes the limits for later requests. */
  void limit(int max, int maxWaiting) {
    this.max = max;
    this.maxWaiting = maxWaiting;
    grant();
  }

  int max() {
    return max;
  }

  int inUse() {
    return inUse.get();
  }

  int waiting() {
    return waiting.get();
  }

  /** Returns whether a request would get a slot without waiting. */
  boolean isFree() {
    return waiting.get() == 0 && inUse.get() < max;
  }

  /** Acquires a slot if one is free and no request is queued. */
  boolean tryAcquire() {
    return waiting.get() == 0 && acquireFree();
  }

  /** Releases a slot. */
  void release() {
    inUse.decrementAndGet();
    grant();
  }

  /**
   * Queues for a slot.
   *
   * @param granted called once the ticket holds a slot, on the thread that released it
   * @return {@code null} if the queue is full
   */
  Ticket await(Runnable granted) {
    if (waiting.incrementAndGet() > maxWaiting) {
      waiting.decrementAndGet();
      return null;
    }
    Ticket ticket = new Ticket(granted);
    queue.add(ticket);
    grant();
    return ticket;
  }

  /** Grants free slots to queued requests. */
  private void grant() {
    while (!queue.isEmpty() && acquireFree()) {
      Ticket next = queue.poll();
      if (next == null || !next.grant()) {
        inUse.decrementAndGet();
      }
    }
  }

  private boolean acquireFree() {
    int used = inUse.get();
    while (used < max) {
      if (inUse.compareAndSet(used, used + 1)) {
        return true;
      }
      used = inUse.get();
    }
    return false;
  }

  /** A place in the queue, and later the granted slot. */
  final class Ticket {
    private static final int WAITING = 0;
    private static final int GRANTED = 1;
    private static final int CLOSED = 2;

    private final AtomicInteger state = new AtomicInteger(WAITING);
    private final Runnable granted;

    private Ticket(Runnable granted) {
      this.granted = granted;
    }

    /** Takes over the granted slot; returns false if there is none. */
    boolean redeem() {
      return state.compareAndSet(GRANTED, CLOSED);
    }

    /** Leaves the queue, or releases the granted slot. */
    void cancel() {
      int before = state.getAndSet(CLOSED);
      if (before == WAITING) {
        queue.remove(this);
        waiting.decrementAndGet();
      } else if (before == GRANTED) {
        release();
      }
    }

    private boolean grant() {
      if (!state.compareAndSet(WAITING, GRANTED)) {
        return false;
      }
      waiting.decrementAndGet();
      granted.run();
      return true;
    }
  }
}
