package io.llmrelay.observe.impl;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Documents;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.observe.RelayEvent;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The table of metrics in docs/operations.md has every meter and its labels. */
class MetricsReferenceTest {
  @Test
  void standsInTheDocument() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    Listeners listeners = new Listeners(List.of(new MetricsListener(registry, Map.of())));
    Samples.EVENTS.forEach(listeners::deliver);
    listeners.deliver(new RelayEvent.AttemptEnd("r2", 1, "embeddings", Samples.SERVED, 1, null));
    new ClusterMeters(registry, () -> 1);
    Attempt saturated = Attempt.skipped("primary", "m", SkipReason.SATURATED, "no slot", 0);
    listeners.deliver(Samples.end(true, null, List.of(saturated)));

    Map<String, Set<String>> meters = new TreeMap<>();
    for (Meter meter : registry.getMeters()) {
      String name = meter.getId().getName();
      if (!name.endsWith(".histogram")) { // What this registry makes of a timer's buckets.
        meters.put(
            name, meter.getId().getTags().stream().map(Tag::getKey).collect(Collectors.toSet()));
      }
    }
    Map<String, Set<String>> documented = new TreeMap<>();
    for (List<String> row : Documents.table("docs/operations.md", "meter")) {
      Set<String> labels = new TreeSet<>(Documents.code(row.get(1)));
      Documents.code(row.get(0)).forEach(name -> documented.put(name, labels));
    }
    assertThat(documented).isEqualTo(meters);
  }
}
