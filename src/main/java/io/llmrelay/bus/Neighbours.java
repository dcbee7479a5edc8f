package io.llmrelay.bus;

import io.vertx.core.internal.ContextInternal;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/**
 * The endpoints of one context. A frame between two of them need not become a message: it is handed
 * over as it is, on a tick of its own as on the bus, and all frames of a tick together.
 *
 * <p>Only touched on that context.
 */
final class Neighbours {
  private record Delivery(BusEndpoint to, Frame frame) {}

  private final ContextInternal context;
  private final Map<String, BusEndpoint> endpoints = new HashMap<>();
  private final ArrayDeque<Delivery> mail = new ArrayDeque<>();
  private boolean delivering;

  private Neighbours(ContextInternal context) {
    this.context = context;
  }

  static Neighbours of(ContextInternal context) {
    return (Neighbours)
        context.contextData().computeIfAbsent(Neighbours.class, key -> new Neighbours(context));
  }

  void add(BusEndpoint endpoint) {
    endpoints.put(endpoint.address(), endpoint);
  }

  void remove(BusEndpoint endpoint) {
    endpoints.remove(endpoint.address());
  }

  boolean has(String address) {
    return endpoints.containsKey(address);
  }

  /** Hands a frame over soon, or returns false: there is no such neighbour. */
  boolean deliver(String address, Frame frame) {
    BusEndpoint endpoint = endpoints.get(address);
    if (endpoint == null) {
      return false;
    }
    mail.add(new Delivery(endpoint, frame));
    if (!delivering) {
      deliverSoon();
    }
    return true;
  }

  private void deliverSoon() {
    delivering = true;
    context.runOnContext(v -> deliver());
  }

  private void deliver() {
    try {
      for (Delivery next = mail.poll(); next != null; next = mail.poll()) {
        next.to.receive(next.frame);
      }
    } finally {
      delivering = false;
      if (!mail.isEmpty()) { // What one of them threw is not the others' loss.
        deliverSoon();
      }
    }
  }
}
