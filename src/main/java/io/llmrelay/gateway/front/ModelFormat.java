package io.llmrelay.gateway.front;

import io.llmrelay.chat.LlmException;
import io.vertx.core.MultiMap;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** Renders lists of models for the clients of one API. */
public interface ModelFormat {
  /** Returns a model. */
  JsonObject model(ModelName model);

  /**
   * Returns a list, or the page of it that a query asks for.
   *
   * @throws LlmException naming the invalid parameter
   */
  JsonObject list(List<ModelName> models, MultiMap query);
}
