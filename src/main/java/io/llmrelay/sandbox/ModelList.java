package io.llmrelay.sandbox;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** Model lists in the format of each vendor: one model per scenario. */
final class ModelList {

  private ModelList() {}

  static JsonObject of(boolean anthropic) {
    List<String> names = ScenarioParser.known();
    JsonArray data = new JsonArray();
    for (String name : names) {
      data.add(anthropic ? anthropic(name) : openAi(name));
    }
    return anthropic
        ? new JsonObject()
            .put("data", data)
            .put("has_more", false)
            .put("first_id", names.get(0))
            .put("last_id", names.get(names.size() - 1))
        : new JsonObject().put("object", "list").put("data", data);
  }

  private static JsonObject openAi(String name) {
    return new JsonObject()
        .put("id", name)
        .put("object", "model")
        .put("created", OpenAiFormat.CREATED)
        .put("owned_by", "sandbox");
  }

  private static JsonObject anthropic(String name) {
    return new JsonObject()
        .put("type", "model")
        .put("id", name)
        .put("display_name", name)
        .put("created_at", "2026-01-01T00:00:00Z");
  }
}
