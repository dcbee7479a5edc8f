package io.llmrelay.gateway.anthropic;

import io.llmrelay.chat.Failure;
import io.llmrelay.chat.LlmException;
import io.llmrelay.gateway.front.ModelFormat;
import io.llmrelay.gateway.front.ModelName;
import io.vertx.core.MultiMap;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The list of models of Anthropic's API, in pages. */
public final class AnthropicModels implements ModelFormat {
  private static final int DEFAULT_LIMIT = 20;
  private static final int MAX_LIMIT = 1_000;

  @Override
  public JsonObject model(ModelName model) {
    return new JsonObject()
        .put("type", "model")
        .put("id", model.id())
        .put("display_name", model.id())
        .put("created_at", Instant.ofEpochSecond(model.created()).toString())
        .put("lifecycle", "active");
  }

  /**
   * {@inheritDoc}
   *
   * <p>{@code limit} is the length of a page, {@code after_id} or {@code before_id} the model that
   * precedes or follows it.
   */
  @Override
  public JsonObject list(List<ModelName> models, MultiMap query) {
    int limit = limit(query.get("limit"));
    String before = query.get("before_id");
    List<ModelName> page = new ArrayList<>(models);
    boolean more;
    if (before == null) {
      page.subList(0, index(models, query.get("after_id"), "after_id") + 1).clear();
      more = page.size() > limit;
      page = page.subList(0, Math.min(limit, page.size()));
    } else {
      page = page.subList(0, index(models, before, "before_id"));
      more = page.size() > limit;
      page = page.subList(Math.max(0, page.size() - limit), page.size());
    }
    JsonArray data = new JsonArray();
    page.forEach(model -> data.add(model(model)));
    return new JsonObject()
        .put("data", data)
        .put("has_more", more)
        .put("first_id", page.isEmpty() ? null : page.get(0).id())
        .put("last_id", page.isEmpty() ? null : page.get(page.size() - 1).id());
  }

  private static int limit(String text) {
    if (text == null) {
      return DEFAULT_LIMIT;
    }
    if (text.matches("\\d{1,4}")) {
      int limit = Integer.parseInt(text);
      if (limit >= 1 && limit <= MAX_LIMIT) {
        return limit;
      }
    }
    throw invalid("limit", "must be a number from 1 to " + MAX_LIMIT);
  }

  /** Returns the index of a model, -1 for no name. */
  private static int index(List<ModelName> models, String id, String parameter) {
    for (int i = 0; i < models.size(); i++) {
      if (models.get(i).id().equals(id)) {
        return i;
      }
    }
    if (id == null) {
      return -1;
    }
    throw invalid(parameter, "names no model");
  }

  private static LlmException invalid(String parameter, String problem) {
    return Failure.invalid(parameter, parameter + " " + problem).toException();
  }
}
