package io.llmrelay.config;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** Compares new options with those of a running relay, to find settings that require a restart. */
public final class ReloadCheck {
  private ReloadCheck() {}

  /**
   * Returns the keys of the settings that differ and require a restart, without those within {@code
   * gateway}.
   */
  public static List<String> restartKeys(RelayOptions from, RelayOptions to) {
    List<String> keys = new ArrayList<>();
    if (!ConfigReader.toJson(from.getBus()).equals(ConfigReader.toJson(to.getBus()))) {
      keys.add("bus");
    }
    if (!ConfigReader.toJson(from)
        .getJsonObject("cluster", new JsonObject())
        .equals(ConfigReader.toJson(to).getJsonObject("cluster", new JsonObject()))) {
      keys.add("cluster");
    }
    if (!Objects.equals(from.getLanes(), to.getLanes())) {
      keys.add("lanes");
    }
    LoggingOptions before = from.getLogging();
    if (before.getFormat() != to.getLogging().getFormat()) {
      keys.add("logging.format");
    }
    if (before.getLevel() != to.getLogging().getLevel()) {
      keys.add("logging.level");
    }
    if ((from.getGateway() == null) != (to.getGateway() == null)) {
      keys.add("gateway");
    }
    return keys;
  }

  /** Returns the new options, with the current values of the settings that require a restart. */
  public static RelayOptions withoutRestart(RelayOptions from, RelayOptions to) {
    return new RelayOptions(to)
        .setBus(from.getBus())
        .setCluster(from.getCluster())
        .setLanes(from.getLanes());
  }

  /**
   * Returns the names of the backends whose configuration is equal in both, but for a list of keys:
   * each of them is known by itself.
   */
  public static Set<String> sameBackends(RelayOptions from, RelayOptions to) {
    JsonObject before = withoutKeys(from);
    JsonObject after = withoutKeys(to);
    Set<String> same = new HashSet<>(before.fieldNames());
    same.removeIf(name -> !before.getValue(name).equals(after.getValue(name)));
    return same;
  }

  private static JsonObject withoutKeys(RelayOptions options) {
    JsonObject backends = options.toJson().getJsonObject("backends");
    backends.forEach(
        backend -> {
          JsonObject json = (JsonObject) backend.getValue();
          if (!json.getJsonArray("api-keys", new JsonArray()).isEmpty()) {
            json.put("api-keys", true);
          }
        });
    return backends;
  }
}
