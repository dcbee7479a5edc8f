package io.llmrelay.coordinator;

import io.llmrelay.config.CircuitOptions;
import io.llmrelay.observe.RelayEvent.CircuitState;
import io.llmrelay.observe.RelayEvent.CircuitStateChange;
import io.vertx.circuitbreaker.CircuitBreakerOptions;
import io.vertx.core.Vertx;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** The circuits of one coordinator: one for each backend, or for each model of it. */
final class Circuits {
  /** Model names may come from callers; beyond this many circuits a model shares its backend's. */
  static final int MAX_CIRCUITS = 1_000;

  private final Vertx vertx;
  private final CircuitOptions options;
  private final LongSupplier clock;
  private final Consumer<CircuitStateChange> listener;
  private final Map<String, Circuit> circuits = new HashMap<>();

  Circuits(
      Vertx vertx,
      CircuitOptions options,
      LongSupplier clock,
      Consumer<CircuitStateChange> listener) {
    this.vertx = vertx;
    this.options = options;
    this.clock = clock;
    this.listener = listener;
  }

  /** The circuit that guards a candidate. */
  Circuit of(Candidate candidate) {
    String key =
        options.getScope() == CircuitOptions.Scope.MODEL
            ? candidate.toString()
            : candidate.backend();
    Circuit circuit = circuits.get(key);
    if (circuit == null) {
      key = circuits.size() < MAX_CIRCUITS ? key : candidate.backend();
      circuit = circuits.computeIfAbsent(key, this::create);
    }
    return circuit;
  }

  /** Another coordinator's circuit opened; that is news here even if it was never used. */
  void openToo(String name) {
    if (circuits.containsKey(name) || circuits.size() < MAX_CIRCUITS) {
      circuits.computeIfAbsent(name, this::create).openToo();
    }
  }

  /** The state of each circuit that was ever used. */
  Map<String, CircuitState> states() {
    Map<String, CircuitState> states = new HashMap<>();
    circuits.forEach((name, circuit) -> states.put(name, circuit.state()));
    return states;
  }

  void close() {
    circuits.values().forEach(Circuit::close);
  }

  private Circuit create(String name) {
    CircuitBreakerOptions breaker =
        new CircuitBreakerOptions()
            .setTimeout(-1)
            .setMaxRetries(0)
            .setMaxFailures(options.getMaxFailures())
            .setResetTimeout(options.getResetTimeout().toMillis())
            .setFailuresRollingWindow(options.getWindow().toMillis());
    return new Circuit(
        vertx,
        name,
        breaker,
        clock,
        (from, to) -> listener.accept(new CircuitStateChange(name, from, to)));
  }
}
