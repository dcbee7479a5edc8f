package io.llmrelay.failover;

import io.llmrelay.availability.Backends;
import io.llmrelay.observe.Listeners;
import java.time.InstantSource;

/**
 * One configuration at work. A request ends under the setup it began under, whatever is configured
 * meanwhile.
 */
final class Setup {
  private final CoordinatorSettings settings;
  private final Listeners listeners;
  private final Backends backends;
  private final Planner planner;
  private Runnable whenUnused;
  private int runs;

  Setup(CoordinatorSettings settings, Listeners listeners, Backends backends, InstantSource clock) {
    this.settings = settings;
    this.listeners = listeners;
    this.backends = backends;
    planner =
        new Planner(
            settings.backends(),
            settings.order(),
            settings.aliases(),
            settings.prefer(),
            settings.catalog(),
            clock);
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

  Planner planner() {
    return planner;
  }

  /** Another one is used from now on; {@code whenUnused} comes with the end of the last request. */
  void retire(Runnable whenUnused) {
    this.whenUnused = whenUnused;
    check();
  }

  void enter() {
    runs++;
  }

  void leave() {
    runs--;
    check();
  }

  private void check() {
    if (runs == 0 && whenUnused != null) {
      Runnable then = whenUnused;
      whenUnused = null;
      then.run();
    }
  }
}
