package io.llmrelay;

import io.llmrelay.availability.Availability;
import io.llmrelay.availability.Backends;
import io.llmrelay.config.ApiKeyOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.failover.HealthProbes;
import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.impl.Activity;
import io.llmrelay.observe.impl.Listeners;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** The {@link RelayAdmin} of a {@link RelayVerticle}. */
final class Operations implements RelayAdmin {
  private final Activity activity = new Activity();
  private final Availability availability;
  private final HealthProbes probes;
  private final Peers peers;
  private final Supplier<Future<JsonObject>> reload;
  private volatile List<Configured> configured = List.of();
  private volatile Listeners listeners = new Listeners(List.of());
  private volatile boolean closed;

  /** A backend as it is configured. */
  private record Configured(String name, String dialect, List<String> models, String model) {}

  /**
   * @param prefix the prefix of the relay's public addresses
   * @param reload reloads the configuration; {@code null} if there is none to reload
   */
  Operations(
      Vertx vertx,
      String prefix,
      Availability availability,
      HealthProbes probes,
      Supplier<Future<JsonObject>> reload) {
    this.availability = availability;
    this.probes = probes;
    peers = new Peers(vertx, prefix, this::summary);
    this.reload = reload;
  }

  /** Returns the listener that must receive the relay's events. */
  Activity activity() {
    return activity;
  }

  /** Applies the relay's options, once the availability is configured for them. */
  void configure(RelayOptions options) {
    configured =
        options.getBackends().entrySet().stream()
            .map(
                entry ->
                    new Configured(
                        entry.getKey(),
                        entry.getValue().getDialect(),
                        entry.getValue().getModels(),
                        entry.getValue().getDefaultModel()))
            .toList();
    Map<String, Set<String>> keys = new HashMap<>();
    options
        .getBackends()
        .forEach(
            (name, backend) ->
                keys.put(
                    name,
                    backend.getApiKeys().stream()
                        .map(ApiKeyOptions::getName)
                        .collect(Collectors.toSet())));
    activity.retain(keys);
  }

  /**
   * Starts to answer the questions of other relays.
   *
   * @param listeners receive what the gateways report
   */
  Future<?> open(Listeners listeners) {
    this.listeners = listeners;
    return peers.open();
  }

  private JsonObject summary() {
    Backends states = availability.backends();
    JsonArray out = new JsonArray();
    for (Configured backend : configured) {
      if (states.has(backend.name) && states.health(backend.name).unavailable()) {
        out.add(backend.name);
      }
    }
    return new JsonObject().put("requests", availability.requests()).put("out", out);
  }

  /** Ends what watches the relay, because it is shutting down. */
  void close() {
    closed = true;
  }

  @Override
  public JsonObject status(long afterFailover, long afterChange) {
    Backends states = availability.backends();
    JsonArray backends = new JsonArray();
    for (Configured backend : configured) {
      if (states.has(backend.name)) {
        JsonObject state = states.status(backend.name);
        JsonObject keys = state.getJsonObject("keys");
        if (keys != null) {
          keys.forEach(
              key ->
                  ((JsonObject) key.getValue())
                      .put("last_minute", activity.keyJson(backend.name, key.getKey())));
        }
        backends.add(
            new JsonObject()
                .put("name", backend.name)
                .put("dialect", backend.dialect)
                .put("models", new JsonArray(backend.models))
                .put("default_model", backend.model)
                .mergeIn(state)
                .put("probe", probes.status(backend.name))
                .put("last_minute", activity.backendJson(backend.name)));
      }
    }
    return new JsonObject()
        .put("time", System.currentTimeMillis())
        .put("name", peers.name())
        .put("requests", availability.requests())
        .put("reloadable", isReloadable())
        .put("backends", backends)
        .put("others", peers.toJson())
        .put("in_flight", activity.requestsJson())
        .put("failovers", activity.failovers(afterFailover))
        .put("changes", activity.changes(afterChange));
  }

  @Override
  public void refused(Refusal refusal) {
    listeners.deliver(
        new RelayEvent.RequestRefused(
            refusal.id(),
            refusal.key(),
            refusal.path(),
            refusal.status(),
            refusal.reason(),
            refusal.field()));
  }

  @Override
  public Boolean apply(Action action, String backend, String model) {
    return availability.apply(Availability.Action.valueOf(action.name()), backend, model);
  }

  @Override
  public boolean isReloadable() {
    return reload != null;
  }

  @Override
  public Future<JsonObject> reload() {
    return reload.get();
  }

  @Override
  public boolean isClosed() {
    return closed;
  }
}
