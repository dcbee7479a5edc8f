package io.llmrelay.availability;

import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.config.CircuitOptions.Scope;
import io.llmrelay.observe.RelayEvent.CircuitState;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;

/**
 * What is known of one backend: its circuits, cooldowns, budget and slots. One for all lanes, and
 * for every configuration in which the backend is the same. May be used by any thread.
 */
final class BackendState {
  /** Model names may come from callers; beyond this many circuits a model shares its backend's. */
  static final int MAX_CIRCUITS = 1_000;

  final String name;

  /** Names the account at the provider: equal for equal base URL and key. */
  final String account;

  final Exhaustion exhaustion;
  final Budget budget;
  final Slots slots;
  private final Availability availability;
  private final Scope scope;
  private final BiFunction<BackendState, String, Circuit> newCircuit;
  private final Map<String, Circuit> circuits = new ConcurrentHashMap<>();
  private volatile boolean retired;
  private volatile boolean keyWasRefused;

  /**
   * A backend that is available.
   *
   * @param availability told of what is learnt, until the backend is {@linkplain #retire retired}
   * @param newCircuit makes the circuit with this name
   */
  BackendState(
      Availability availability,
      String name,
      String account,
      Exhaustion exhaustion,
      Budget budget,
      Slots slots,
      Scope scope,
      BiFunction<BackendState, String, Circuit> newCircuit) {
    this.availability = availability;
    this.name = name;
    this.account = account;
    this.exhaustion = exhaustion;
    this.budget = budget;
    this.slots = slots;
    this.scope = scope;
    this.newCircuit = newCircuit;
  }

  /** The circuit that guards a model. */
  Circuit circuit(String model) {
    String key = scope == Scope.MODEL ? name + "/" + model : name;
    Circuit circuit = circuits.get(key);
    if (circuit == null) {
      key = circuits.size() < MAX_CIRCUITS ? key : name;
      circuit = circuits.computeIfAbsent(key, this::newCircuit);
    }
    return circuit;
  }

  private Circuit newCircuit(String circuit) {
    return newCircuit.apply(this, circuit);
  }

  /** The state of each circuit that was ever used, by its name. */
  Map<String, CircuitState> circuitStates() {
    Map<String, CircuitState> states = new TreeMap<>();
    circuits.forEach((circuit, each) -> states.put(circuit, each.state()));
    return states;
  }

  /** Another node's circuit opened. */
  void suspect(String circuit) {
    if (circuits.containsKey(circuit) || circuits.size() < MAX_CIRCUITS) {
      circuits.computeIfAbsent(circuit, this::newCircuit).suspect();
    }
  }

  /** Why an attempt may not be made now, or {@code null}. */
  Skip look(String model, Spend expected, boolean waited) {
    Skip skip = circuit(model).look();
    skip = skip != null || waited ? skip : exhaustion.look(model);
    skip = skip != null || expected == null ? skip : budget.look(expected);
    return skip != null || slots.isFree() ? skip : saturated();
  }

  /**
   * Permits one attempt, or says why not. What is taken is given back by {@link Permit#settle}.
   *
   * @param ticket a ticket that may hold a slot, or {@code null}
   */
  Entry enter(String model, Spend expected, boolean waited, Slots.Ticket ticket) {
    boolean slot = ticket != null && ticket.redeem();
    Entry entry = enter(model, expected, waited, slot);
    if (slot && entry instanceof Skip) {
      slots.release();
    }
    return entry;
  }

  private Entry enter(String model, Spend expected, boolean waited, boolean slot) {
    Circuit circuit = circuit(model);
    Skip skip = circuit.look();
    skip = skip != null || waited ? skip : exhaustion.look(model);
    if (skip != null) {
      return skip;
    }
    if (!slot && !slots.take()) {
      return saturated();
    }
    Entry entry = enter(circuit, model, expected, waited);
    if (!slot && entry instanceof Skip) {
      slots.release();
    }
    return entry;
  }

  private Entry enter(Circuit circuit, String model, Spend expected, boolean waited) {
    Exhaustion.Trial trial = waited ? null : exhaustion.enter(model);
    Skip skip = trial != null || waited ? null : exhaustion.look(model);
    if (skip != null) {
      return skip;
    }
    Circuit.Pass pass = circuit.enter();
    if (pass == null) {
      return circuit.lost();
    }
    boolean limited = budget.isLimited();
    skip = limited ? budget.enter(expected) : null;
    if (skip != null) {
      circuit.settle(pass, Outcome.NEUTRAL);
      return skip;
    }
    return new Permit(this, model, circuit, pass, trial, limited ? expected : null);
  }

  private Skip saturated() {
    return new Skip(
        SkipReason.SATURATED,
        FailureKind.SATURATED,
        "all " + slots.max() + " connections (max-connections) are in use",
        -1);
  }

  /** Whether it is configured no more, or otherwise: what is learnt of it concerns nobody. */
  boolean isRetired() {
    return retired;
  }

  /** Stops telling what is learnt; the requests under way end with it as they began. */
  void retire() {
    retired = true;
    circuits.values().forEach(Circuit::close);
  }

  /** An attempt was followed by a cooldown. */
  void exhausted(String model, Cooldown cooldown) {
    switch (cooldown.scope()) {
      case KEY -> {
        keyWasRefused = true;
        availability.keyRefused(this, true);
      }
      case BACKEND -> availability.exhausted(this, null, cooldown);
      case MODEL -> availability.exhausted(this, model, cooldown);
    }
  }

  /** An attempt proved that the backend works. */
  void served() {
    if (keyWasRefused) {
      keyWasRefused = false;
      availability.served(this);
    }
  }
}
