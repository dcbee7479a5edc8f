package io.llmrelay.observe;

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
 * What the gauges of one registry show, and which label values it has given away. A gauge belongs
 * to whoever registered it first, but there may be several relays, each with a listener of its own;
 * so the listeners of one registry share this, and the gauges count: requests that run, and relays
 * whose circuit is open.
 */
final class Gauges {
  /** Most pairs of backend and model, and most circuits, that have labels of their own. */
  static final int MAX_LABELS = 200;

  /** Weak, so as not to keep a registry that nobody uses; hence no value refers to its key. */
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

  /** The number of requests that run, streaming or not. */
  AtomicInteger active(boolean streaming) {
    return streaming ? streams : whole;
  }

  /** Counts a circuit out of one state and into another; closed ones are not counted. */
  void circuit(MeterRegistry registry, CircuitStateChange change) {
    String circuit = circuits.admits(change.circuit()) ? change.circuit() : BoundedLabels.OTHER;
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
        .description("Requests that run")
        .tag("streaming", String.valueOf(streaming))
        .register(registry);
  }
}
