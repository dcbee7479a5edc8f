package io.llmrelay.gateway.openai;

import io.llmrelay.LlmRelay;
import io.llmrelay.chat.CandidateName;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.gateway.server.GatewayError;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Serves {@code GET /v1/models} and {@code GET /v1/models/{id}}: the configured names that a
 * request's {@code model} may have, which are aliases, models, and models of a given backend
 * ({@code backend/model}).
 */
public final class ModelsHandler {
  private final LlmRelay relay;
  private final long created = System.currentTimeMillis() / 1000;

  public ModelsHandler(LlmRelay relay) {
    this.relay = relay;
  }

  /** Lists all models. */
  public void list(RoutingContext ctx) {
    fetchModels().map(this::list).onSuccess(ctx::json).onFailure(error -> fail(ctx, error));
  }

  /** Sends the model that is named by the rest of the path, which may contain slashes. */
  public void get(RoutingContext ctx) {
    String id = ctx.pathParam("*");
    fetchModels().map(models -> get(models, id)).onSuccess(ctx::json).onFailure(e -> fail(ctx, e));
  }

  private static void fail(RoutingContext ctx, Throwable error) {
    OpenAiFront.INSTANCE.sendError(ctx.response(), error);
  }

  private JsonObject list(Map<String, String> models) {
    JsonArray data = new JsonArray();
    models.forEach((id, owner) -> data.add(toJson(id, owner)));
    return new JsonObject().put("object", "list").put("data", data);
  }

  private JsonObject get(Map<String, String> models, String id) {
    if (!models.containsKey(id)) {
      String message = "no backend lists the model " + GatewayError.abbreviate(id);
      throw GatewayError.of(Failure.of(FailureKind.MODEL_NOT_FOUND, message));
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

  /** Fetches each name with its owner: the first backend that has the model. */
  private Future<Map<String, String>> fetchModels() {
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
      String defaultModel = backend.getString("default_model");
      if (defaultModel != null && !ids.contains(defaultModel)) {
        ids.add(defaultModel);
      }
      for (Object id : ids) {
        models.putIfAbsent(id.toString(), name);
        qualified.put(new CandidateName(name, id.toString()).toString(), name);
      }
    }
    qualified.forEach(models::putIfAbsent);
    return models;
  }
}
