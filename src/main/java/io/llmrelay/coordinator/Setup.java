package io.llmrelay.coordinator;

import io.llmrelay.observe.Listeners;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * One configuration at work, and what is known of its backends. A request ends under the setup it
 * began under, whatever is configured meanwhile.
 */
final class Setup {
  private final CoordinatorSettings settings;
  private final Listeners listeners;
  private final Planner planner;
  private final Availability availability;
  private Runnable whenUnused;
  private int runs;

  Setup(
      Vertx vertx,
      CoordinatorSettings settings,
      Listeners listeners,
      InstantSource clock,
      LongSupplier now,
      Duration firstProbe) {
    this.settings = settings;
    this.listeners = listeners;
    planner =
        new Planner(
            settings.backends(),
            settings.order(),
            settings.aliases(),
            settings.prefer(),
            settings.catalog(),
            clock);
    availability = new Availability(vertx, settings, listeners, clock, now, firstProbe);
  }

  CoordinatorSettings settings() {
    return settings;
  }

  Listeners listeners() {
    return listeners;
  }

  Planner planner() {
    return planner;
  }

  Availability availability() {
    return availability;
  }

  /**
   * Takes up work.
   *
   * @param known what another setup handed over, {@code null} to begin with the state file
   */
  Future<?> open(JsonObject known) {
    return availability.open(known);
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
      availability.close().onComplete(closed -> then.run());
    }
  }
}
