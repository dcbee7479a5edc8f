package io.llmrelay.gateway.front;

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
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Serves {@code GET /v1/models} and {@code GET /v1/models/{id}} in the form of one API: the
 * configured names that a request's {@code model} may have, which are aliases, models, and models
 * of a given backend ({@code backend/model}).
 */
public final class ModelsHandler {
  private final LlmRelay relay;
  private final ModelFormat format;
  private final long created = System.currentTimeMillis() / 1000;

  public ModelsHandler(LlmRelay relay, ModelFormat format) {
    this.relay = relay;
    this.format = format;
  }

  /** Lists all models, or a page of them. */
  public void list(RoutingContext ctx) {
    send(ctx, models -> format.list(List.copyOf(models.values()), ctx.queryParams()));
  }

  /** Sends the model that is named by the rest of the path, which may contain slashes. */
  public void get(RoutingContext ctx) {
    String id = ctx.pathParam("*");
    send(ctx, models -> get(models, id));
  }

  private void send(RoutingContext ctx, Function<Map<String, ModelName>, JsonObject> render) {
    fetchModels().map(render).onSuccess(ctx::json).onFailure(ctx::fail);
  }

  private JsonObject get(Map<String, ModelName> models, String id) {
    if (!models.containsKey(id)) {
      String message = "no backend lists the model " + GatewayError.abbreviate(id);
      throw GatewayError.of(Failure.of(FailureKind.MODEL_NOT_FOUND, message));
    }
    return format.model(models.get(id));
  }

  private Future<Map<String, ModelName>> fetchModels() {
    return relay.health().map(this::models);
  }

  private Map<String, ModelName> models(JsonObject health) {
    Map<String, ModelName> models = new LinkedHashMap<>();
    for (Object alias : health.getJsonArray("aliases", JsonArray.of())) {
      add(models, alias.toString(), "relay");
    }
    Map<String, ModelName> qualified = new LinkedHashMap<>();
    for (Object entry : health.getJsonArray("backends", JsonArray.of())) {
      JsonObject backend = (JsonObject) entry;
      String name = backend.getString("name");
      JsonArray ids = backend.getJsonArray("models", JsonArray.of()).copy();
      String defaultModel = backend.getString("default_model");
      if (defaultModel != null && !ids.contains(defaultModel)) {
        ids.add(defaultModel);
      }
      for (Object id : ids) {
        add(models, id.toString(), name);
        add(qualified, new CandidateName(name, id.toString()).toString(), name);
      }
    }
    qualified.forEach(models::putIfAbsent);
    return models;
  }

  private void add(Map<String, ModelName> models, String id, String owner) {
    models.putIfAbsent(id, new ModelName(id, owner, created));
  }
}
