package io.llmrelay.failover;

import io.llmrelay.availability.Backends;
import io.llmrelay.observe.impl.Listeners;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;

/**
 * A configuration with the number of requests that use it. A request keeps the configuration it
 * began with, even if a reload replaces it meanwhile.
 */
final class ConfigSnapshot {
  private final CoordinatorSettings settings;
  private final Listeners listeners;
  private final Backends backends;
  private final Planner planner;

  /** The addresses of the backends that other nodes serve, by name. */
  private final Map<String, String> elsewhere = new HashMap<>();

  private Runnable whenUnused;
  private int runs;

  ConfigSnapshot(
      CoordinatorSettings settings, Listeners listeners, Backends backends, InstantSource clock) {
    this.settings = settings;
    this.listeners = listeners;
    this.backends = backends;
    for (Backend backend : settings.backends()) {
      if (backend.elsewhere() != null) {
        elsewhere.put(backend.name(), backend.elsewhere());
      }
    }
    planner =
        new Planner(
            settings.backends(),
            settings.order(),
            settings.aliases(),
            settings.prefer(),
            settings.affinity(),
            observations(backends),
            settings.catalog(),
            clock);
  }

  private static Observations observations(Backends backends) {
    return new Observations() {
      @Override
      public int open(String backend) {
        return backends.open(backend);
      }

      @Override
      public double firstChunkMs(String backend, String model) {
        return backends.firstChunkMs(backend, model);
      }

      @Override
      public boolean explore(String backend, String model) {
        return backends.explore(backend, model);
      }
    };
  }

  CoordinatorSettings settings() {
    return settings;
  }

  Listeners listeners() {
    return listeners;
  }

  Backends backends() {
    return backends;
  }

  /** Returns whether other nodes of the cluster serve a backend, and this one does not. */
  boolean isElsewhere(String backend) {
    return elsewhere.containsKey(backend);
  }

  /** Returns the address of the provider verticle of a backend. */
  String provider(String backend) {
    String address = elsewhere.get(backend);
    return address == null ? settings.providers() + ".provider." + backend : address;
  }

  Planner planner() {
    return planner;
  }

  /**
   * Marks the configuration as replaced.
   *
   * @param whenUnused called once when the last request of this configuration has ended
   */
  void retire(Runnable whenUnused) {
    this.whenUnused = whenUnused;
    notifyIfUnused();
  }

  void enter() {
    runs++;
  }

  void leave() {
    runs--;
    notifyIfUnused();
  }

  private void notifyIfUnused() {
    if (runs == 0 && whenUnused != null) {
      Runnable then = whenUnused;
      whenUnused = null;
      then.run();
    }
  }
}
