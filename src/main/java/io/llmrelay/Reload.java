package io.llmrelay;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** What changes from some options to others, and what of it a running relay can take over. */
final class Reload {
  private Reload() {}

  /** The settings that differ and hold from the next start only; the gateway knows its own. */
  static List<String> needsRestart(RelayOptions from, RelayOptions to) {
    List<String> keys = new ArrayList<>();
    if (!from.getBus().toSettings().equals(to.getBus().toSettings())
        || !from.getBus().getPrefix().equals(to.getBus().getPrefix())) {
      keys.add("bus");
    }
    if (!Objects.equals(from.getLanes(), to.getLanes())) {
      keys.add("lanes");
    }
    if ((from.getGateway() == null) != (to.getGateway() == null)) {
      keys.add("gateway");
    }
    return keys;
  }

  /** The other options, but for what takes a restart. */
  static RelayOptions keep(RelayOptions from, RelayOptions to) {
    return new RelayOptions(to).setBus(from.getBus()).setLanes(from.getLanes());
  }

  /** The backends that are configured alike in both. */
  static Set<String> sameBackends(RelayOptions from, RelayOptions to) {
    JsonObject before = from.toJson().getJsonObject("backends");
    JsonObject after = to.toJson().getJsonObject("backends");
    Set<String> same = new HashSet<>(before.fieldNames());
    same.removeIf(name -> !before.getValue(name).equals(after.getValue(name)));
    return same;
  }
}
