package io.llmrelay.observe.impl;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** The meters of a node of a cluster. Thread-safe. */
final class ClusterMeters {
  private final Timer newsLag;

  /**
   * Registers the meters.
   *
   * @param nodes returns the number of nodes that this one knows, itself included
   */
  ClusterMeters(MeterRegistry registry, Supplier<Number> nodes) {
    Gauge.builder("llmrelay.cluster.nodes", nodes)
        .description("Nodes of the cluster, as this node sees it")
        .register(registry);
    newsLag =
        Timer.builder("llmrelay.cluster.news.lag")
            .description(
                "From an announcement on another node to its arrival, by the nodes' clocks")
            .serviceLevelObjectives(
                Duration.ofMillis(2),
                Duration.ofMillis(5),
                Duration.ofMillis(10),
                Duration.ofMillis(20),
                Duration.ofMillis(50),
                Duration.ofMillis(100),
                Duration.ofMillis(500),
                Duration.ofSeconds(2),
                Duration.ofSeconds(10))
            .register(registry);
  }

  /** Records how long an announcement took. */
  void newsArrived(long millis) {
    newsLag.record(Math.max(0, millis), TimeUnit.MILLISECONDS);
  }
}
