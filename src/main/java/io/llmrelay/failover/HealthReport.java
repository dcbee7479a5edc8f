package io.llmrelay.failover;

import io.llmrelay.availability.Backends;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** The health of a relay in the form for users. */
final class HealthReport {
  private HealthReport() {}

  /**
   * Returns the state of every backend, and as {@code status} {@code up}, {@code degraded} (some
   * are unavailable) or {@code down} (all are).
   *
   * @param requests the requests in flight
   */
  static JsonObject of(ConfigSnapshot config, int requests) {
    CoordinatorSettings settings = config.settings();
    JsonArray backends = new JsonArray();
    int unavailable = 0;
    int impaired = 0;
    for (Backend backend : settings.backends()) {
      Backends.Health health = config.backends().health(backend.name());
      unavailable += health.unavailable() ? 1 : 0;
      impaired += health.impaired() ? 1 : 0;
      backends.add(
          new JsonObject()
              .put("name", backend.name())
              .put("dialect", backend.dialect())
              .put("models", new JsonArray(backend.models()))
              .put("default_model", backend.defaultModel())
              .put("available", !health.unavailable())
              .mergeIn(health.details()));
    }
    boolean down = unavailable == settings.backends().size();
    return new JsonObject()
        .put("status", down ? "down" : impaired > 0 ? "degraded" : "up")
        .put("requests", requests)
        .put("backends", backends)
        .put("aliases", new JsonArray(config.planner().aliases()));
  }
}
