package io.llmrelay.observe.impl;

import io.llmrelay.observe.RelayListener;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.micrometer.backends.BackendRegistries;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/**
 * Access to the meters for applications with or without Micrometer on their class path. Only {@link
 * Attached}, which is loaded within the try, refers to classes of Micrometer.
 */
public final class Metrics {
  private Metrics() {}

  /**
   * Returns a listener that records to the registry of Vert.x's own metrics; empty if Micrometer is
   * not on the class path or Vert.x's metrics are disabled.
   *
   * @param providers as for {@link MetricsListener}
   * @param olderNames as for {@link MetricsListener}
   */
  public static Optional<RelayListener> ofDefaultRegistry(
      Map<String, String> providers, boolean olderNames) {
    try {
      return Optional.ofNullable(Attached.listener(providers, olderNames));
    } catch (NoClassDefFoundError absent) {
      return Optional.empty();
    }
  }

  /**
   * Registers the meters of a node of a cluster with the registry of Vert.x's own metrics.
   *
   * @param nodes returns the number of nodes
   * @return records, in milliseconds, how long an announcement of another node took to arrive; does
   *     nothing if there is no such registry
   */
  public static LongConsumer ofCluster(Supplier<Number> nodes) {
    try {
      return Attached.cluster(nodes);
    } catch (NoClassDefFoundError absent) {
      return Metrics::ignore;
    }
  }

  @SuppressWarnings("unused")
  private static void ignore(long lag) {}

  private static final class Attached {
    static LongConsumer cluster(Supplier<Number> nodes) {
      MeterRegistry registry = BackendRegistries.getDefaultNow();
      return registry == null ? Metrics::ignore : new ClusterMeters(registry, nodes)::newsArrived;
    }

    static RelayListener listener(Map<String, String> providers, boolean olderNames) {
      MeterRegistry registry = BackendRegistries.getDefaultNow();
      return registry == null ? null : new MetricsListener(registry, providers, olderNames);
    }
  }
}
