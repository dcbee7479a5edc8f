package io.llmrelay.availability;

import java.util.HashMap;
import java.util.Map;

/**
 * The places of one request in the slot queues of several backends. Must be closed, which leaves
 * the queues and releases granted slots.
 */
public final class SlotQueue {
  private final Map<String, Slots.Ticket> tickets = new HashMap<>();

  SlotQueue() {}

  void add(String backend, Slots.Ticket ticket) {
    tickets.put(backend, ticket);
  }

  boolean isEmpty() {
    return tickets.isEmpty();
  }

  Slots.Ticket ticket(String backend) {
    return tickets.get(backend);
  }

  /** Leaves all queues. */
  public void close() {
    tickets.values().forEach(Slots.Ticket::cancel);
  }
}
