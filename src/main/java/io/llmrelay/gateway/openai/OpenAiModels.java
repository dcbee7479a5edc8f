package io.llmrelay.gateway.openai;

import io.llmrelay.gateway.front.ModelFormat;
import io.llmrelay.gateway.front.ModelName;
import io.vertx.core.MultiMap;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** The list of models of OpenAI's API, which has no pages. */
public final class OpenAiModels implements ModelFormat {
  @Override
  public JsonObject model(ModelName model) {
    return new JsonObject()
        .put("id", model.id())
        .put("object", "model")
        .put("created", model.created())
        .put("owned_by", model.owner());
  }

  @Override
  public JsonObject list(List<ModelName> models, MultiMap query) {
    JsonArray data = new JsonArray();
    models.forEach(model -> data.add(model(model)));
    return new JsonObject().put("object", "list").put("data", data);
  }
}
