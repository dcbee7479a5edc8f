package io.llmrelay.availability;

import io.llmrelay.observe.RelayEvent.CircuitState;
import io.vertx.core.json.JsonObject;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The backends of one configuration and what is known of them. A request ends under the
 * configuration it began under; what is known is shared with the configurations before and after,
 * for the backends that are the same. May be used by any thread.
 */
public final class Backends {
  private final Map<String, BackendState> backends;

  Backends(Map<String, BackendState> backends) {
    this.backends = Collections.unmodifiableMap(new LinkedHashMap<>(backends));
  }

  Map<String, BackendState> all() {
    return backends;
  }

  /**
   * Why an attempt may not be made now, or {@code null}.
   *
   * @param expected what it is expected to take from the budget; {@code null} to leave that out
   */
  public Skip look(String backend, String model, Spend expected) {
    return backends.get(backend).look(model, expected, false);
  }

  /**
   * Permits one attempt, or says why not.
   *
   * @param waited whether the request waited for as long as the candidate asked for
   * @param queue a queue in which the request may have been granted a slot, or {@code null}
   */
  public Entry enter(
      String backend, String model, Spend expected, boolean waited, SlotQueue queue) {
    return backends
        .get(backend)
        .enter(model, expected, waited, queue == null ? null : queue.ticket(backend));
  }

  /**
   * Waits for a slot of any of these backends.
   *
   * @param granted told of each backend of which a slot is held; by any thread, maybe before this
   *     returns
   * @return {@code null} where too many wait at all of them
   */
  public SlotQueue queue(Collection<String> names, Consumer<String> granted) {
    SlotQueue queue = new SlotQueue();
    for (String name : names) {
      Slots.Ticket ticket = backends.get(name).slots.await(() -> granted.accept(name));
      if (ticket != null) {
        queue.add(name, ticket);
      }
    }
    return queue.isEmpty() ? null : queue;
  }

  /**
   * How a backend is.
   *
   * @param out whether nothing of it may be used
   * @param impaired whether something of it may not be used
   * @param details {@code {"circuit", "exhausted", "key", "budget", "connections"}}
   */
  public record Health(boolean out, boolean impaired, JsonObject details) {}

  /** How a backend is now. */
  public Health health(String name) {
    BackendState backend = backends.get(name);
    Map<String, CircuitState> circuits = backend.circuitStates();
    JsonObject circuit = new JsonObject();
    circuits.forEach((key, state) -> circuit.put(key, state.code()));
    JsonObject exhausted = new JsonObject();
    long remaining = backend.exhaustion.remaining();
    if (remaining != 0) {
      exhausted.put(name, remaining);
    }
    backend
        .exhaustion
        .remainingByModel()
        .forEach((model, ms) -> exhausted.put(name + "/" + model, ms));
    boolean out =
        circuits.get(name) == CircuitState.OPEN || remaining != 0 || backend.budget.spent();
    boolean impaired =
        out
            || !exhausted.isEmpty()
            || circuits.containsValue(CircuitState.OPEN)
            || backend.budget.tight();
    JsonObject details = new JsonObject().put("circuit", circuit).put("exhausted", exhausted);
    if (backend.exhaustion.keyRefused()) {
      details.put("key", "refused");
    }
    if (backend.budget.isLimited()) {
      details.put("budget", backend.budget.report());
    }
    details.put(
        "connections",
        new JsonObject()
            .put("in_use", backend.slots.inUse())
            .put("max", backend.slots.max())
            .put("waiting", backend.slots.waiting()));
    return new Health(out, impaired, details);
  }
}
