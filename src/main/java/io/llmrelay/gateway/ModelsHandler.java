package io.llmrelay.gateway;

import io.llmrelay.LlmRelay;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * {@code GET /v1/models}: every name a request's {@code model} may have, as far as the
 * configuration knows them: aliases, models, and each model at a given backend ({@code
 * backend/model}).
 */
final class ModelsHandler {
  private final LlmRelay relay;
  private final long created = System.currentTimeMillis() / 1000;

  ModelsHandler(LlmRelay relay) {
    this.relay = relay;
  }

  void list(RoutingContext ctx) {
    models().map(this::list).onSuccess(ctx::json).onFailure(error -> fail(ctx, error));
  }

  void one(RoutingContext ctx) {
    // A model's name may have slashes, encoded or not, so the rest of the path is the name.
    String id = ctx.pathParam("*");
    models().map(models -> one(models, id)).onSuccess(ctx::json).onFailure(e -> fail(ctx, e));
  }

  private static void fail(RoutingContext ctx, Throwable error) {
    ApiError.of(error).send(ctx.response());
  }

  private JsonObject list(Map<String, String> models) {
    JsonArray data = new JsonArray();
    models.forEach((id, owner) -> data.add(toJson(id, owner)));
    return new JsonObject().put("object", "list").put("data", data);
  }

  private JsonObject one(Map<String, String> models, String id) {
    if (!models.containsKey(id)) {
      throw ApiError.unknownModel(id);
    }
    return toJson(id, models.get(id));
  }

  private JsonObject toJson(String id, String owner) {
    return new JsonObject()
        .put("id", id)
        .put("object", "model")
        .put("created", created)
        .put("owned_by", owner);
  }

  /** Names and who they belong to: the first backend that has the model. */
  private Future<Map<String, String>> models() {
    return relay.health().map(ModelsHandler::models);
  }

  private static Map<String, String> models(JsonObject health) {
    Map<String, String> models = new LinkedHashMap<>();
    for (Object alias : health.getJsonArray("aliases", JsonArray.of())) {
      models.put(alias.toString(), "relay");
    }
    Map<String, String> qualified = new LinkedHashMap<>();
    for (Object entry : health.getJsonArray("backends", JsonArray.of())) {
      JsonObject backend = (JsonObject) entry;
      String name = backend.getString("name");
      JsonArray ids = backend.getJsonArray("models", JsonArray.of()).copy();
      String byDefault = backend.getString("default_model");
      if (byDefault != null && !ids.contains(byDefault)) {
        ids.add(byDefault);
      }
      for (Object id : ids) {
        models.putIfAbsent(id.toString(), name);
        qualified.put(name + "/" + id, name);
      }
    }
    qualified.forEach(models::putIfAbsent);
    return models;
  }
}
