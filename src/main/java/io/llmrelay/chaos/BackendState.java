package io.llmrelay.chaos;

import io.llmrelay.chat.CandidateName;
import io.vertx.core.json.JsonObject;

/**
 * The state of a backend in a health report, in the notation of the wall.
 *
 * @param circuit such as {@code open}
 * @param cooldown the part of the backend in a cooldown and the seconds that remain
 */
record BackendState(String circuit, String cooldown) {

  static BackendState of(JsonObject health) {
    String circuit = health.getJsonObject("circuit").getString(health.getString("name"));
    return new BackendState(circuit, cooldown(health.getJsonObject("exhausted")));
  }

  private static String cooldown(JsonObject exhausted) {
    if (exhausted.isEmpty()) {
      return Row.NONE;
    }
    String name = exhausted.fieldNames().iterator().next();
    long ms = exhausted.getLong(name);
    return (CandidateName.parse(name).model() == null ? "backend " : "model ")
        + (ms < 0 ? "probe" : Long.toString((ms + 999) / 1000));
  }
}
