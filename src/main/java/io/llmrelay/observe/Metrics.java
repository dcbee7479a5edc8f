package io.llmrelay.observe;

import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.micrometer.backends.BackendRegistries;
import java.util.Map;
import java.util.Optional;

/**
 * The door to the meters, for applications that may or may not have Micrometer on their class path.
 * Nothing of it is touched before {@link Attached} is, and that only inside of the try.
 */
public final class Metrics {
  private Metrics() {}

  /**
   * A listener that feeds the registry of Vert.x's own metrics; empty where Micrometer is not on
   * the class path or Vert.x's metrics are off.
   *
   * @param providers as for {@link MetricsListener}
   */
  public static Optional<RelayListener> ofDefaultRegistry(Map<String, String> providers) {
    try {
      return Optional.ofNullable(Attached.listener(providers));
    } catch (NoClassDefFoundError absent) {
      return Optional.empty();
    }
  }

  private static final class Attached {
    static RelayListener listener(Map<String, String> providers) {
      MeterRegistry registry = BackendRegistries.getDefaultNow();
      return registry == null ? null : new MetricsListener(registry, providers);
    }
  }
}
