package io.llmrelay.availability;

import java.util.HashMap;
import java.util.Map;

/**
 * The places of one request in the slot queues of several backends. Must be closed, which leaves
 * the queues and releases granted slots.
 */
public final class SlotQueue {
  private final Map<String, Slots.Ticket> tickets = new HashMap<>();
  private long expectedWaitMs = Long.MAX_VALUE;

  SlotQueue() {}

  void add(String backend, Slots.Ticket ticket) {
    tickets.put(backend, ticket);
  }

  void refused(long expectedWaitMs) {
    this.expectedWaitMs = Math.min(this.expectedWaitMs, expectedWaitMs);
  }

  /** Returns whether no queue has accepted the request. */
  public boolean isEmpty() {
    return tickets.isEmpty();
  }

  /** Returns the shortest wait in the queues that refused the request; 0 if it is unknown. */
  public long expectedWaitMs() {
    return expectedWaitMs;
  }

  Slots.Ticket ticket(String backend) {
    return tickets.get(backend);
  }

  /** Leaves all queues. */
  public void close() {
    tickets.values().forEach(Slots.Ticket::cancel);
  }
}
