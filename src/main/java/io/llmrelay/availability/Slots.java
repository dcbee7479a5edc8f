package io.llmrelay.availability;

import io.llmrelay.availability.FairQueue.Place;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.SkipReason;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * A semaphore for the requests open at a backend, or with one of its keys, over all lanes, with a
 * bounded {@link FairQueue}. A released slot goes to the first in the queue; as long as requests
 * are queued, no other gets one. Thread-safe; without a lock while nobody waits.
 */
final class Slots {
  /** The weight of a new interval between two grants in their moving average. */
  private static final double SMOOTHING = 0.2;

  private final LongSupplier now;
  private final AtomicInteger inUse = new AtomicInteger();
  private final AtomicInteger waiting = new AtomicInteger();
  private volatile int max;
  private volatile int maxWaiting;

  /** {@code null} unless {@link #max} adapts; its own lock. */
  private volatile AdaptiveLimit adaptive;

  private int configuredMax;

  /** The queue, its lock, and how fast it moves. */
  private final FairQueue<Ticket> queue = new FairQueue<>();

  private long lastGrant = Long.MIN_VALUE;
  private double grantInterval = -1;

  /**
   * Creates slots.
   *
   * @param now a monotonic clock in milliseconds
   */
  Slots(LongSupplier now) {
    this.now = now;
  }

  /**
   * Changes the limits for later requests.
   *
   * @param adaptive whether the backend's latency may make the limit smaller than {@code max}
   */
  synchronized void limit(int max, int maxWaiting, boolean adaptive) {
    this.maxWaiting = maxWaiting;
    if (!adaptive) {
      this.adaptive = null;
      this.max = max;
    } else if (this.adaptive == null || max != configuredMax) {
      AdaptiveLimit limit = new AdaptiveLimit(max);
      this.max = limit.current();
      this.adaptive = limit;
    }
    configuredMax = max;
    grant();
  }

  /** Returns the time at which a request begins, for {@link #served}. */
  long begin() {
    return adaptive == null ? 0 : now.getAsLong();
  }

  /** Records that the answer to a request has begun. */
  void served(long begunAt) {
    AdaptiveLimit limit = adaptive;
    if (limit != null && begunAt > 0) {
      synchronized (limit) {
        limit.served(now.getAsLong() - begunAt, inUse.get());
        max = limit.current();
      }
      grant();
    }
  }

  /** Records that the backend was too loaded for a request. */
  void refused() {
    AdaptiveLimit limit = adaptive;
    if (limit != null) {
      synchronized (limit) {
        limit.refused();
        max = limit.current();
      }
    }
  }

  /** Returns the reason against an attempt while no slot is free. */
  Skip saturated() {
    return new Skip(
        SkipReason.SATURATED,
        FailureKind.SATURATED,
        "all %d connections (%s) are in use"
            .formatted(max, adaptive == null ? "max-connections" : "adaptive-concurrency"),
        -1);
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
   * @param weight the share of the consumer, at least 1
   * @param maxWaitMs how long the request can wait
   * @param granted called once the ticket holds a slot, on the thread that released it
   * @return {@code null} if the queue is full, or if the wait would be too long at the pace of the
   *     last grants; the first in the queue always waits, and so shows whether the pace has changed
   */
  Ticket await(Share share, int weight, long maxWaitMs, Runnable granted) {
    Ticket ticket = new Ticket(now.getAsLong(), granted);
    synchronized (queue) {
      if (queue.size() >= maxWaiting) {
        return null;
      }
      ticket.place = queue.add(ticket, share, weight);
      int before = queue.before(ticket.place);
      if (before > 0 && expectedWait(before) > maxWaitMs) {
        queue.remove(ticket.place);
        return null;
      }
      waiting.incrementAndGet();
    }
    grant();
    return ticket;
  }

  /** Returns how long a further request would wait, in milliseconds; 0 if that is unknown. */
  long expectedWait() {
    synchronized (queue) {
      return expectedWait(queue.size());
    }
  }

  private long expectedWait(int before) {
    return grantInterval < 0 ? 0 : (long) ((before + 1) * grantInterval);
  }

  /** Grants free slots to queued requests. */
  private void grant() {
    if (waiting.get() == 0) {
      return;
    }
    List<Ticket> granted = new ArrayList<>();
    synchronized (queue) {
      while (queue.size() > 0 && acquireFree()) {
        Ticket next = queue.poll();
        next.state.set(Ticket.GRANTED);
        waiting.decrementAndGet();
        granted.add(next);
        measure(next);
      }
    }
    granted.forEach(ticket -> ticket.granted.run());
  }

  /** Measures the pace of grants while requests wait. */
  private void measure(Ticket ticket) {
    long at = now.getAsLong();
    double interval = at - Math.max(lastGrant, ticket.queuedAt);
    grantInterval =
        grantInterval < 0 ? interval : grantInterval + SMOOTHING * (interval - grantInterval);
    lastGrant = at;
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
    private final long queuedAt;
    private final Runnable granted;
    private Place<Ticket> place;

    private Ticket(long queuedAt, Runnable granted) {
      this.queuedAt = queuedAt;
      this.granted = granted;
    }

    /** Takes over the granted slot; returns false if there is none. */
    boolean redeem() {
      return state.compareAndSet(GRANTED, CLOSED);
    }

    /** Leaves the queue, or releases the granted slot. */
    void cancel() {
      synchronized (queue) {
        if (state.compareAndSet(WAITING, CLOSED)) {
          queue.remove(place);
          waiting.decrementAndGet();
          return;
        }
      }
      if (state.getAndSet(CLOSED) == GRANTED) {
        release();
      }
    }
  }
}
