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
    return skip != null || slots.isFree() ? skip : saturated();
  }

  /**
   * Returns a permit for one attempt, to be {@linkplain Permit#settle settled}, or the reason
   * against it.
   *
   * @param expected the expected cost; {@code null} to ignore the budget
   * @param ticket a ticket that may hold a slot, or {@code null}
   */
  Entry enter(
      String model, Cost expected, boolean waited, KeyPreference preference, Slots.Ticket ticket) {
    boolean slot = ticket != null && ticket.redeem();
    Entry entry = null;
    try {
      entry = enter(model, expected, waited, preference, slot);
      return entry;
    } finally {
      if (slot && !(entry instanceof Permit)) {
        slots.release();
      }
    }
  }

  private Entry enter(
      String model, Cost expected, boolean waited, KeyPreference preference, boolean slot) {
    Circuit circuit = circuit(model);
    Skip skip = disabled ? DISABLED : circuit.check();
    skip = skip != null || waited ? skip : keys.check(model, null);
    if (skip != null) {
      return skip;
    }
    if (!slot && !slots.tryAcquire()) {
      return saturated();
    }
    Entry entry = null;
    try {
      entry = enter(circuit, model, expected, waited, preference);
      return entry;
    } finally {
      if (!slot && !(entry instanceof Permit)) {
        slots.release();
      }
    }
  }

  /** Tries the keys in the order of preference. */
  private Entry enter(
      Circuit circuit, String model, Cost expected, boolean waited, KeyPreference preference) {
    Keys current = keys;
    long rejected = 0;
    while (true) {
      int chosen = current.choose(model, expected, waited, preference, rejected);
      if (chosen < 0) {
        Skip skip = current.unavailable(model, expected);
        if (skip != null) {
          return skip;
        }
        rejected = 0; // Another lane has released what one of them needs.
        continue;
      }
      Account account = current.get(chosen);
      Exhaustion.Trial trial = waited ? null : account.exhaustion.enter(model);
      Skip skip = trial != null || waited ? null : account.exhaustion.check(model);
      if (skip == null) {
        Entry entry = enter(circuit, model, expected, account, trial, preference);
        if (entry != null) {
          return entry;
        }
      } else if (current.size() == 1) {
        return skip;
      }
      rejected |= 1L << chosen;
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
    account.open.incrementAndGet();
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

  private Skip saturated() {
    return new Skip(
        SkipReason.SATURATED,
        FailureKind.SATURATED,
        "all %d connections (%s) are in use"
            .formatted(slots.max(), slots.isAdapted() ? "adaptive-concurrency" : "max-connections"),
        -1);
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
