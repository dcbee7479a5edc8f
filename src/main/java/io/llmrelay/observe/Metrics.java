package io.llmrelay.observe;

import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.micrometer.backends.BackendRegistries;
import java.util.Map;
import java.util.Optional;

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

  private static final class Attached {
    static RelayListener listener(Map<String, String> providers, boolean olderNames) {
      MeterRegistry registry = BackendRegistries.getDefaultNow();
      return registry == null ? null : new MetricsListener(registry, providers, olderNames);
    }
  }
}
