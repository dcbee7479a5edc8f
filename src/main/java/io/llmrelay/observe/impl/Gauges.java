package io.llmrelay.observe.impl;

import io.llmrelay.observe.RelayEvent.CircuitState;
import io.llmrelay.observe.RelayEvent.CircuitStateChange;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The gauges and the label values of one registry, shared by the listeners that feed it: a registry
 * keeps the first gauge of a name, but several relays may each have a listener. So the gauges count
 * over all relays: active requests, and relays whose circuit is open.
 */
final class Gauges {
  /** The most pairs of backend and model, and the most circuits, that are used as label values. */
  static final int MAX_LABELS = 200;

  /** Weak keys let unused registries be collected; hence no value refers to its key. */
  private static final Map<MeterRegistry, Gauges> ALL =
      Collections.synchronizedMap(new WeakHashMap<>());

  final BoundedLabels models = new BoundedLabels(MAX_LABELS);
  private final BoundedLabels circuits = new BoundedLabels(MAX_LABELS);
  private final AtomicInteger streams = new AtomicInteger();
  private final AtomicInteger whole = new AtomicInteger();
  private final Map<List<String>, AtomicInteger> states = new ConcurrentHashMap<>();

  private Gauges(MeterRegistry registry) {
    active(registry, true);
    active(registry, false);
  }

  static Gauges of(MeterRegistry registry) {
    return ALL.computeIfAbsent(registry, Gauges::new);
  }

  /** Returns the number of active requests, streaming or not. */
  AtomicInteger active(boolean streaming) {
    return streaming ? streams : whole;
  }

  /** Counts a transition of a circuit; the closed state is not counted. */
  void circuit(MeterRegistry registry, CircuitStateChange change) {
    String circuit = circuits.add(change.circuit()) ? change.circuit() : BoundedLabels.OTHER;
    for (CircuitState state : CircuitState.values()) {
      if (state != CircuitState.CLOSED) {
        AtomicInteger count = count(registry, circuit, state);
        if (change.from() == state) {
          count.decrementAndGet();
        }
        if (change.to() == state) {
          count.incrementAndGet();
        }
      }
    }
  }

  private AtomicInteger count(MeterRegistry registry, String circuit, CircuitState state) {
    return states.computeIfAbsent(
        List.of(circuit, state.code()),
        labels -> {
          AtomicInteger count = new AtomicInteger();
          Gauge.builder("llmrelay.circuit.state", count, AtomicInteger::get)
              .description("Relays whose circuit is in this state")
              .tags("circuit", circuit, "state", state.code())
              .register(registry);
          return count;
        });
  }

  private void active(MeterRegistry registry, boolean streaming) {
    Gauge.builder("llmrelay.requests.active", active(streaming), AtomicInteger::get)
        .description("Requests in flight")
        .tag("streaming", String.valueOf(streaming))
        .register(registry);
  }
}
