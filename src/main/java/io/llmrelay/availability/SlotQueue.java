package io.llmrelay.availability;

import java.util.HashMap;
import java.util.Map;

/**
 * The places of one request in the slot queues of several backends and keys. Must be closed, which
 * leaves the queues and releases granted slots.
 */
public final class SlotQueue {
  private final Map<Slots, Slots.Ticket> tickets = new HashMap<>();
  private long expectedWaitMs = Long.MAX_VALUE;

  SlotQueue() {}

  /** Queues for one of these slots; see {@link Slots#await}. */
  void add(Slots slots, Share share, int weight, long maxWaitMs, Runnable granted) {
    Slots.Ticket ticket = slots.await(share, weight, maxWaitMs, granted);
    if (ticket == null) {
      expectedWaitMs = Math.min(expectedWaitMs, slots.expectedWait());
    } else {
      tickets.put(slots, ticket);
    }
  }

  /** Returns whether no queue has accepted the request. */
  public boolean isEmpty() {
    return tickets.isEmpty();
  }

  /** Returns the shortest wait in the queues that refused the request; 0 if it is unknown. */
  public long expectedWaitMs() {
    return expectedWaitMs;
  }

  /** Takes over a granted slot; returns false if none of these was granted. */
  boolean redeem(Slots slots) {
    Slots.Ticket ticket = tickets.get(slots);
    return ticket != null && ticket.redeem();
  }

  /** Leaves all queues. */
  public void close() {
    tickets.values().forEach(Slots.Ticket::cancel);
  }
}
