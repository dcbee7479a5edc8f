package io.llmrelay.availability;

import io.llmrelay.chat.CandidateName;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.config.CircuitOptions.Scope;
import io.llmrelay.observe.RelayEvent.CircuitState;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;

/**
 * The shared state of one backend: its circuits, keys, budget and slots. There is one for all
 * lanes, and it outlives a reload that leaves the backend unchanged. Thread-safe.
 */
final class BackendState {
  /**
   * The most circuits; callers may choose model names. Later models share the backend's circuit.
   */
  static final int MAX_CIRCUITS = 1_000;

  private static final Skip DISABLED =
      new Skip(SkipReason.DISABLED, FailureKind.UNAVAILABLE, "disabled by an operator", -1);

  final String name;

  /** The budget of all keys together. */
  final Budget budget;

  final Slots slots;
  private final Availability availability;
  private final Scope scope;
  private final BiFunction<BackendState, String, Circuit> newCircuit;
  private final Map<String, Circuit> circuits = new ConcurrentHashMap<>();
  private final Map<String, Latency> latencies = new ConcurrentHashMap<>();
  private volatile boolean disabled;
  private volatile boolean retired;
  private volatile Keys keys;

  /** The time of the last conclusive outcome, of a monotonic clock in milliseconds. */
  private volatile long concludedAt = Long.MIN_VALUE;

  /**
   * Creates the state of an available backend.
   *
   * @param availability notified of changes, until the backend is {@linkplain #retire retired}
   * @param newCircuit creates the circuit with this name
   */
  BackendState(
      Availability availability,
      String name,
      Keys keys,
      Budget budget,
      Slots slots,
      Scope scope,
      BiFunction<BackendState, String, Circuit> newCircuit) {
    this.availability = availability;
    this.name = name;
    this.keys = keys;
    this.budget = budget;
    this.slots = slots;
    this.scope = scope;
    this.newCircuit = newCircuit;
  }

  /** Returns the keys; a backend without any has one without a name. */
  Keys keys() {
    return keys;
  }

  /** Replaces the keys for later requests. */
  void setKeys(Keys keys) {
    this.keys = keys;
  }

  /** Returns the circuit that guards a model. */
  Circuit circuit(String model) {
    String key = new CandidateName(name, scope == Scope.MODEL ? model : null).toString();
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

  /**
   * Returns the circuit of a model; without a model, that of the backend or, where circuits are per
   * model, all in use.
   */
  Collection<Circuit> circuits(String model) {
    return model == null && scope == Scope.MODEL ? circuits().values() : List.of(circuit(model));
  }

  /** Returns the circuits in use by their names. */
  Map<String, Circuit> circuits() {
    return new TreeMap<>(circuits);
  }

  /** Returns the latency of a model; {@code null} if too many models have one. */
  Latency latency(String model) {
    Latency latency = latencies.get(model);
    if (latency == null && latencies.size() < MAX_CIRCUITS) {
      latency = latencies.computeIfAbsent(model, key -> new Latency(now()));
    }
    return latency;
  }

  /** Returns the time of a monotonic clock in milliseconds. */
  long now() {
    return availability.now();
  }

  /** Returns whether an operator has disabled the backend. */
  boolean isDisabled() {
    return disabled;
  }

  /** Disables or enables the backend; returns whether this is a change. */
  synchronized boolean setDisabled(boolean disabled) {
    boolean changed = this.disabled != disabled;
    this.disabled = disabled;
    return changed;
  }

  /** Returns the state of each circuit in use by its name. */
  Map<String, CircuitState> circuitStates() {
    Map<String, CircuitState> states = new TreeMap<>();
    circuits.forEach((circuit, each) -> states.put(circuit, each.state()));
    return states;
  }

  /**
   * Makes circuits suspicious because another node's opened.
   *
   * @param model the model that the other circuit guards; {@code null} for all of the backend
   */
  void suspect(String model) {
    if (scope == Scope.MODEL && model == null) {
      circuits.values().forEach(Circuit::suspect);
    } else if (scope == Scope.MODEL || model == null) {
      circuit(model).suspect();
    }
  }

  /** Returns why an attempt may not be made now, or {@code null}. */
  Skip check(String model, Cost expected) {
    Skip skip = disabled ? DISABLED : circuit(model).check();
    skip = skip != null ? skip : keys.check(model, expected);
    skip = skip != null || expected == null ? skip : budget.check(expected);
    return skip != null || slots.isFree() ? skip : slots.saturated();
  }

  /** Returns the slots to queue for: the backend's, or if it has one, those of its keys. */
  List<Slots> lacking(String model) {
    List<Slots> ofKeys = slots.isFree() ? keys.lacking(model) : List.of();
    return ofKeys.isEmpty() ? List.of(slots) : ofKeys;
  }

  /**
   * Returns a permit for one attempt, to be {@linkplain Permit#settle settled}, or the reason
   * against it.
   *
   * @param expected the expected cost; {@code null} to ignore the budget
   * @param queue may hold a slot of the backend or of one of its keys, or is {@code null}
   */
  Entry enter(
      String model, Cost expected, boolean waited, KeyPreference preference, SlotQueue queue) {
    Keys current = keys;
    boolean slot = queue != null && queue.redeem(slots);
    int granted = current.redeem(queue);
    Entry entry = null;
    try {
      entry = enter(current, model, expected, waited, preference, slot, granted);
      return entry;
    } finally {
      if (slot && !(entry instanceof Permit)) {
        slots.release();
      }
      if (granted >= 0 && !(entry instanceof Permit permit && permit.uses(current.get(granted)))) {
        current.get(granted).slots.release();
      }
    }
  }

  private Entry enter(
      Keys current,
      String model,
      Cost expected,
      boolean waited,
      KeyPreference preference,
      boolean slot,
      int granted) {
    Circuit circuit = circuit(model);
    Skip skip = disabled ? DISABLED : circuit.check();
    skip = skip != null || waited || granted >= 0 ? skip : current.check(model, null);
    if (skip != null) {
      return skip;
    }
    if (!slot && !slots.tryAcquire()) {
      return slots.saturated();
    }
    Entry entry = null;
    try {
      entry = enter(current, circuit, model, expected, waited, preference, granted);
      return entry;
    } finally {
      if (!slot && !(entry instanceof Permit)) {
        slots.release();
      }
    }
  }

  /** Tries the key whose slot was granted, then the others in the order of preference. */
  private Entry enter(
      Keys current,
      Circuit circuit,
      String model,
      Cost expected,
      boolean waited,
      KeyPreference preference,
      int granted) {
    long rejected = 0;
    int chosen =
        granted >= 0 ? granted : current.choose(model, expected, waited, preference, rejected);
    while (true) {
      if (chosen >= 0) {
        Account account = current.get(chosen);
        boolean slot = chosen == granted;
        Entry entry = enter(circuit, model, expected, waited, account, slot, preference);
        if (entry != null) {
          return entry;
        }
        rejected |= 1L << chosen;
      } else {
        Skip skip = current.check(model, expected);
        if (skip != null) {
          return skip;
        }
        rejected = 0; // Another lane has released what one of them needs.
      }
      chosen = current.choose(model, expected, waited, preference, rejected);
    }
  }

  /** Returns a permit, the reason against any, or {@code null} if only this key gives none. */
  private Entry enter(
      Circuit circuit,
      String model,
      Cost expected,
      boolean waited,
      Account account,
      boolean slot,
      KeyPreference preference) {
    if (!slot && !account.slots.tryAcquire()) {
      return null;
    }
    Entry entry = null;
    try {
      Exhaustion.Trial trial = waited ? null : account.exhaustion.enter(model);
      if (waited || trial != null || account.exhaustion.check(model) == null) {
        entry = enter(circuit, model, expected, account, trial, preference);
      }
      return entry;
    } finally {
      if (!slot && !(entry instanceof Permit)) {
        account.slots.release();
      }
    }
  }

  /** Returns a permit, the reason against any, or {@code null} if only this key has no budget. */
  private Entry enter(
      Circuit circuit,
      String model,
      Cost expected,
      Account account,
      Exhaustion.Trial trial,
      KeyPreference preference) {
    Circuit.Pass pass = circuit.enter();
    if (pass == null) {
      return circuit.trialTaken();
    }
    boolean limited = expected != null && budget.isLimited();
    Skip skip = limited ? budget.enter(expected) : null;
    if (skip != null) {
      circuit.settle(pass, Outcome.NEUTRAL);
      return skip;
    }
    boolean keyLimited = expected != null && account.budget.isLimited();
    if (keyLimited && account.budget.enter(expected) != null) {
      circuit.settle(pass, Outcome.NEUTRAL);
      if (limited) {
        budget.settle(expected, 0, 0.0);
      }
      return null;
    }
    return new Permit(
        this,
        account,
        model,
        circuit,
        pass,
        trial,
        limited ? expected : null,
        keyLimited ? expected : null,
        keys.isPreferred(account, preference));
  }

  /** Returns whether the backend was removed or reconfigured, so that changes are not published. */
  boolean isRetired() {
    return retired;
  }

  /** Stops publishing changes; requests in flight still settle with this state. */
  void retire() {
    retired = true;
    circuits.values().forEach(Circuit::close);
  }

  /** Begins a cooldown after an attempt; one of the server holds for all keys. */
  void exhausted(Account account, String model, Cooldown cooldown) {
    if (cooldown.scope() == Cooldown.Scope.KEY) {
      availability.keyRefused(this, account, true);
      return;
    }
    String of = cooldown.scope() == Cooldown.Scope.MODEL ? model : null;
    if (Account.concernsAll(cooldown.kind())) {
      keys.forEach(each -> availability.exhausted(this, each, of, cooldown));
    } else {
      availability.exhausted(this, account, of, cooldown);
    }
  }

  /** Records that an attempt has shown whether the backend works. */
  void concluded() {
    concludedAt = availability.now();
  }

  /** Returns how long no attempt has shown whether the backend works. */
  long restMs() {
    long at = concludedAt;
    return at == Long.MIN_VALUE ? Long.MAX_VALUE : availability.now() - at;
  }

  /** Records that an attempt succeeded. */
  void attemptSucceeded(Account account) {
    if (account.clearRefusal()) {
      availability.attemptSucceeded(account);
    }
  }
}
