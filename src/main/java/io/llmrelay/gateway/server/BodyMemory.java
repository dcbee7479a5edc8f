package io.llmrelay.gateway.server;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The memory for request bodies: a limit, and a queue for those that find too little free memory.
 * They get it in the order in which they came. Thread-safe.
 */
final class BodyMemory {
  /** The bytes that a waiting request may hold, which bounds the length of the queue. */
  private static final int PIECE = 64 * 1024;

  /** A place in the queue. */
  static final class Waiter {
    private final long bytes;
    private final Runnable onReserved;

    private Waiter(long bytes, Runnable onReserved) {
      this.bytes = bytes;
      this.onReserved = onReserved;
    }
  }

  private final long limit;
  private final Set<Waiter> queue = new LinkedHashSet<>();
  private long used;

  BodyMemory(long limit) {
    this.limit = limit;
  }

  /** Reserves memory at once, or returns false if there is too little or others wait for it. */
  synchronized boolean tryReserve(long bytes) {
    if (!queue.isEmpty() || used + bytes > limit) {
      return false;
    }
    used += bytes;
    return true;
  }

  /**
   * Queues for memory.
   *
   * @param onReserved called once when the memory is reserved, on any thread
   * @return the place in the queue; {@code null} if the queue is full or there never will be so
   *     much memory
   */
  Waiter queue(long bytes, Runnable onReserved) {
    Waiter waiter = new Waiter(bytes, onReserved);
    synchronized (this) {
      if (bytes > limit || queue.size() >= Math.max(1, limit / PIECE)) {
        return null;
      }
      queue.add(waiter);
    }
    release(0); // Memory may have become free meanwhile.
    return waiter;
  }

  /** Gives up a place in the queue, or returns false if its memory is reserved already. */
  boolean leave(Waiter waiter) {
    boolean left;
    synchronized (this) {
      left = queue.remove(waiter);
    }
    release(0); // The next may need less.
    return left;
  }

  void release(long bytes) {
    List<Waiter> next = new ArrayList<>();
    synchronized (this) {
      used -= bytes;
      for (Waiter waiter : queue) {
        if (used + waiter.bytes > limit) {
          break;
        }
        used += waiter.bytes;
        next.add(waiter);
      }
      next.forEach(queue::remove);
    }
    next.forEach(waiter -> waiter.onReserved.run());
  }
}
