package io.llmrelay.availability;

import java.util.concurrent.atomic.AtomicLong;

/** The memory that is held for answers that may be resumed, by all requests. Thread-safe. */
public final class ResumeMemory {
  private final AtomicLong used = new AtomicLong();

  /**
   * Begins the reservation of one request.
   *
   * @param limit the most bytes of all requests
   */
  public Reservation begin(long limit) {
    return new Reservation(limit);
  }

  /** What one request has reserved; for one thread. */
  public final class Reservation {
    private final long limit;
    private long bytes;
    private boolean refused;

    private Reservation(long limit) {
      this.limit = limit;
    }

    /** Reserves more, or returns false if there is too little. */
    public boolean add(long more) {
      if (used.addAndGet(more) > limit) {
        used.addAndGet(-more);
        refused = true;
        return false;
      }
      bytes += more;
      return true;
    }

    /** Returns whether there was too little. */
    public boolean isRefused() {
      return refused;
    }

    /** Releases all that was reserved. */
    public void release() {
      used.addAndGet(-bytes);
      bytes = 0;
    }
  }
}
