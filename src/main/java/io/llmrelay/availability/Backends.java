package io.llmrelay.availability;

import io.llmrelay.chat.CandidateName;
import io.llmrelay.observe.RelayEvent.CircuitState;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The backends of one configuration and their state. A request ends under the configuration it
 * began with; backends that a reload leaves unchanged share their state across configurations.
 * Thread-safe.
 */
public final class Backends {
  private final Map<String, BackendState> backends;
  private final Map<String, Integer> weights;

  /**
   * @param weights the weights of consumers in slot queues, where they are not 1
   */
  Backends(Map<String, BackendState> backends, Map<String, Integer> weights) {
    this.backends = Collections.unmodifiableMap(new LinkedHashMap<>(backends));
    this.weights = weights;
  }

  Map<String, BackendState> all() {
    return backends;
  }

  /**
   * Returns why an attempt may not be made now, or {@code null}.
   *
   * @param expected the expected cost; {@code null} to ignore the budget
   */
  public Skip check(String backend, String model, Cost expected) {
    return backends.get(backend).check(model, expected, false);
  }

  /**
   * Returns a permit for one attempt, or the reason against it.
   *
   * @param expected the expected cost; {@code null} to ignore the budget
   * @param waited whether the request has waited for the end of the candidate's cooldown
   * @param queue the request's place in the slot queues, or {@code null} if it has none
   */
  public Entry enter(String backend, String model, Cost expected, boolean waited, SlotQueue queue) {
    return backends
        .get(backend)
        .enter(model, expected, waited, queue == null ? null : queue.ticket(backend));
  }

  /**
   * Queues for a slot of any of these backends.
   *
   * @param maxWaitMs how long the request can wait
   * @param granted called with the name of each backend whose slot was granted, on any thread,
   *     possibly before this method returns
   * @return without a place if the queues are full, or too slow for the request
   */
  public SlotQueue queue(
      Collection<String> names, Share share, long maxWaitMs, Consumer<String> granted) {
    SlotQueue queue = new SlotQueue();
    int weight = weights.getOrDefault(share.consumer(), 1);
    for (String name : names) {
      Slots slots = backends.get(name).slots;
      Slots.Ticket ticket = slots.await(share, weight, maxWaitMs, () -> granted.accept(name));
      if (ticket == null) {
        queue.refused(slots.expectedWait());
      } else {
        queue.add(name, ticket);
      }
    }
    return queue;
  }

  /**
   * The health of a backend.
   *
   * @param unavailable whether the backend serves no request: its circuit is open, it is in a
   *     cooldown, its key is refused, it is disabled, or a budget of a day or longer is used up
   * @param impaired whether it is unavailable, or unavailable for some models, or any of its
   *     budgets is used up
   * @param details {@code {"circuit", "exhausted", "key", "disabled", "budget", "connections"}}
   */
  public record Health(boolean unavailable, boolean impaired, JsonObject details) {}

  /** Returns the current health of a backend. */
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
        .forEach((model, ms) -> exhausted.put(new CandidateName(name, model).toString(), ms));
    boolean unavailable =
        backend.isDisabled()
            || circuits.get(name) == CircuitState.OPEN
            || remaining != 0
            || backend.budget.spent();
    boolean impaired =
        unavailable
            || !exhausted.isEmpty()
            || circuits.containsValue(CircuitState.OPEN)
            || backend.budget.isAnyLimitUsed();
    JsonObject details = new JsonObject().put("circuit", circuit).put("exhausted", exhausted);
    if (backend.exhaustion.keyRefused()) {
      details.put("key", "refused");
    }
    if (backend.isDisabled()) {
      details.put("disabled", true);
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
    return new Health(unavailable, impaired, details);
  }

  /**
   * Returns for how many milliseconds no attempt at a backend has shown whether it works; {@link
   * Long#MAX_VALUE} if none ever has.
   */
  public long restMs(String name) {
    return backends.get(name).restMs();
  }

  /** Returns whether there is a backend with this name. */
  public boolean has(String name) {
    return backends.containsKey(name);
  }

  /**
   * Returns what an operator wants to know of a backend: {@code {"available", "disabled",
   * "circuits": [{"name", "state", "half_open_in_ms"}], "cooldowns": [{"candidate", "reason",
   * "for_ms"}], "budget", "connections"}}. A refused key is a cooldown without an end ({@code
   * "for_ms": -1}).
   */
  public JsonObject status(String name) {
    BackendState backend = backends.get(name);
    Health health = health(name);
    JsonArray circuits = new JsonArray();
    backend
        .circuits()
        .forEach(
            (circuit, each) ->
                circuits.add(
                    new JsonObject()
                        .put("name", circuit)
                        .put("state", each.state().code())
                        .put("half_open_in_ms", each.halfOpenInMs())));
    JsonArray cooldowns = new JsonArray();
    Map<String, Long> remaining = backend.exhaustion.remainingByModel();
    backend
        .exhaustion
        .reasons()
        .forEach(
            (model, reason) -> {
              boolean all = model.isEmpty();
              cooldowns.add(
                  new JsonObject()
                      .put("candidate", new CandidateName(name, all ? null : model).toString())
                      .put("reason", reason)
                      .put(
                          "for_ms",
                          all
                              ? backend.exhaustion.remaining()
                              : remaining.getOrDefault(model, 0L)));
            });
    return new JsonObject()
        .put("available", !health.unavailable())
        .put("disabled", backend.isDisabled())
        .put("circuits", circuits)
        .put("cooldowns", cooldowns)
        .put("budget", health.details().getJsonObject("budget"))
        .put("connections", health.details().getJsonObject("connections"));
  }
}
