package io.llmrelay.availability;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The right to have one more request open at a backend, counted over all lanes, and a bounded queue
 * of those that wait for one. A released slot goes to the first in the queue; while somebody waits,
 * nobody else gets one. May be used by any thread; takes no lock.
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

  /** Other limits, for the requests that come from now on. */
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

  /** Whether a request would get a slot at once. */
  boolean isFree() {
    return waiting.get() == 0 && inUse.get() < max;
  }

  /** Takes a slot if one is free and nobody waits for it. */
  boolean take() {
    return waiting.get() == 0 && takeFree();
  }

  /** Gives a slot back. */
  void release() {
    inUse.decrementAndGet();
    grant();
  }

  /**
   * Waits for a slot.
   *
   * @param granted called once a slot is held for the ticket, by the thread that gave it back
   * @return {@code null} where too many wait already
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

  /** Hands free slots to those that wait. */
  private void grant() {
    while (!queue.isEmpty() && takeFree()) {
      Ticket next = queue.poll();
      if (next == null || !next.grant()) {
        inUse.decrementAndGet();
      }
    }
  }

  private boolean takeFree() {
    int used = inUse.get();
    while (used < max) {
      if (inUse.compareAndSet(used, used + 1)) {
        return true;
      }
      used = inUse.get();
    }
    return false;
  }

  /** A place in the queue, and the slot once it is granted. */
  final class Ticket {
    private static final int WAITING = 0;
    private static final int GRANTED = 1;
    private static final int CLOSED = 2;

    private final AtomicInteger state = new AtomicInteger(WAITING);
    private final Runnable granted;

    private Ticket(Runnable granted) {
      this.granted = granted;
    }

    /** Takes the slot over from the ticket, if it holds one. */
    boolean redeem() {
      return state.compareAndSet(GRANTED, CLOSED);
    }

    /** Leaves the queue, or gives the slot back. */
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
