package io.llmrelay;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.Locale;

/**
 * What operators see of a relay and do to it, for all lanes. A {@link RelayVerticle} passes it to
 * its {@link Gateway}s. Thread-safe.
 */
public interface RelayAdmin {
  /** An action of an operator on a backend. */
  enum Action {
    /** Opens a circuit, which is half-open after the usual time. */
    OPEN_CIRCUIT,
    /** Closes a circuit. */
    CLOSE_CIRCUIT,
    /** Closes a circuit and discards the outcomes it has counted. */
    RESET_CIRCUIT,
    /** Ends cooldowns, and tries a refused key again. */
    CLEAR_COOLDOWN,
    /** Makes no further attempt at the backend until it is enabled or the relay restarts. */
    DISABLE,
    /** Ends {@link #DISABLE}. */
    ENABLE;

    /** Returns the name in paths, such as {@code open-circuit}. */
    public String code() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /**
   * Returns the state of the relay: {@code {"time", "name", "requests", "reloadable", "backends":
   * [{"name", "dialect", "models", "available", "disabled", "circuits", "cooldowns", "budget",
   * "keys", "connections", "probe", "last_minute"}], "others": [{"name", "requests", "out",
   * "age_ms"}], "in_flight": {"count", "latest"}, "failovers", "changes"}}.
   *
   * @param afterFailover the number of the last failover that is not wanted; 0 for all that are
   *     kept
   * @param afterChange the number of the last change of a backend that is not wanted
   */
  JsonObject status(long afterFailover, long afterChange);

  /**
   * A request that the gateway has refused, before any attempt at a backend.
   *
   * @param id the id of the response
   * @param key the name of the caller's key; {@code null} if it is unknown
   * @param path the path of the request
   * @param status the status of the response
   * @param reason the code of the error, or the kind of the failure
   * @param field the path of the invalid field in the body; {@code null} if none is
   */
  record Refusal(String id, String key, String path, int status, String reason, String field) {}

  /** Reports a refused request to hooks and the log. */
  void refused(Refusal refusal);

  /**
   * Applies an action. Requests in flight are not affected.
   *
   * @param model the model whose circuit or cooldown is meant; {@code null} for all of the backend
   * @return whether anything changed; {@code null} for an unknown backend
   */
  Boolean apply(Action action, String backend, String model);

  /** Returns whether there is a configuration to {@link #reload}. */
  boolean isReloadable();

  /**
   * Reloads the configuration and returns the result. Fails with a {@link
   * io.llmrelay.config.ConfigException} for an invalid one. May be called on any event loop.
   */
  Future<JsonObject> reload();

  /** Returns whether the relay is shutting down, so that nothing is watched any longer. */
  boolean isClosed();
}
