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
 * The shared state of one backend: its circuits, cooldowns, budget and slots. There is one for all
 * lanes, and it outlives a reload that leaves the backend unchanged. Thread-safe.
 */
final class BackendState {
  /**
   * The most circuits; callers may choose model names. Later models share the backend's circuit.
   */
  static final int MAX_CIRCUITS = 1_000;

  private static final Skip DISABLED =
      new Skip(SkipReason.DISABLED, FailureKind.UNAVAILABLE, "disabled by an operator", -1);

  /** How long refusals of the key at other nodes are ignored after one was refuted here. */
  static final long IGNORE_REFUSALS_MS = 600_000;

  final String name;

  /** Identifies the account at the provider: equal for equal base URL and key. */
  final String account;

  final Exhaustion exhaustion;
  final Budget budget;
  final Slots slots;
  private final Availability availability;
  private final Scope scope;
  private final BiFunction<BackendState, String, Circuit> newCircuit;
  private final Map<String, Circuit> circuits = new ConcurrentHashMap<>();
  private volatile boolean disabled;
  private volatile boolean retired;
  private volatile boolean keyWasRefused;

  /** The time of the last conclusive outcome, of a monotonic clock in milliseconds. */
  private volatile long concludedAt = Long.MIN_VALUE;

  /** Whether the key is unavailable because another node announced its refusal. */
  private volatile boolean refusalAdopted;

  /** Until this time refusals of the key at other nodes are ignored. */
  private volatile long ignoreRefusalsUntil = Long.MIN_VALUE;

  /**
   * Creates the state of an available backend.
   *
   * @param availability notified of changes, until the backend is {@linkplain #retire retired}
   * @param newCircuit creates the circuit with this name
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
  Skip check(String model, Cost expected, boolean waited) {
    Skip skip = disabled ? DISABLED : circuit(model).check();
    skip = skip != null || waited ? skip : exhaustion.check(model);
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
  Entry enter(String model, Cost expected, boolean waited, Slots.Ticket ticket) {
    boolean slot = ticket != null && ticket.redeem();
    Entry entry = null;
    try {
      entry = enter(model, expected, waited, slot);
      return entry;
    } finally {
      if (slot && !(entry instanceof Permit)) {
        slots.release();
      }
    }
  }

  private Entry enter(String model, Cost expected, boolean waited, boolean slot) {
    Circuit circuit = circuit(model);
    Skip skip = disabled ? DISABLED : circuit.check();
    skip = skip != null || waited ? skip : exhaustion.check(model);
    if (skip != null) {
      return skip;
    }
    if (!slot && !slots.tryAcquire()) {
      return saturated();
    }
    Entry entry = null;
    try {
      entry = enter(circuit, model, expected, waited);
      return entry;
    } finally {
      if (!slot && !(entry instanceof Permit)) {
        slots.release();
      }
    }
  }

  private Entry enter(Circuit circuit, String model, Cost expected, boolean waited) {
    Exhaustion.Trial trial = waited ? null : exhaustion.enter(model);
    Skip skip = trial != null || waited ? null : exhaustion.check(model);
    if (skip != null) {
      return skip;
    }
    Circuit.Pass pass = circuit.enter();
    if (pass == null) {
      return circuit.trialTaken();
    }
    boolean limited = expected != null && budget.isLimited();
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
        "all %d connections (%s) are in use"
            .formatted(slots.max(), slots.isAdapted() ? "adaptive-concurrency" : "max-connections"),
        -1);
  }

  /** Records a refusal of the key that this node has seen, and returns whether it is new. */
  boolean refuseKey() {
    refusalAdopted = false;
    ignoreRefusalsUntil = Long.MIN_VALUE;
    return exhaustion.refuseKey();
  }

  /**
   * Records a refusal of the key that another node has seen, and returns whether it is adopted.
   *
   * @param now the time of a monotonic clock in milliseconds
   */
  boolean adoptKeyRefusal(long now) {
    refusalAdopted = now >= ignoreRefusalsUntil && exhaustion.refuseKey();
    return refusalAdopted;
  }

  /**
   * Records that the key is accepted, and returns whether that is new. If this refutes another
   * node's announcement, such announcements are ignored for a while.
   */
  boolean acceptKey(boolean here, long now) {
    if (here && refusalAdopted) {
      ignoreRefusalsUntil = now + IGNORE_REFUSALS_MS;
    }
    refusalAdopted = false;
    return exhaustion.acceptKey();
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

  /** Begins a cooldown after an attempt. */
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
  void attemptSucceeded() {
    if (keyWasRefused) {
      keyWasRefused = false;
      availability.attemptSucceeded(this);
    }
  }
}
