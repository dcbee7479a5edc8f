package io.llmrelay.sandbox.cloudflare;

import io.llmrelay.sandbox.dialect.VectorFormat;
import io.llmrelay.sandbox.dialect.Vectors;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** The embeddings of Workers AI, which have the path of chats and a body of their own. */
final class CloudflareEmbeddings {
  private CloudflareEmbeddings() {}

  /** Whether a body asks for embeddings. */
  static boolean isRequest(JsonObject body) {
    return body.containsKey("text");
  }

  static VectorFormat format(String model, JsonObject body) {
    Object text = body.getValue("text");
    List<?> texts = text instanceof JsonArray array ? array.getList() : List.of(text);
    JsonArray data = new JsonArray();
    texts.forEach(each -> data.add(Vectors.floats(Vectors.of(model, each.toString(), null))));
    JsonObject result =
        new JsonObject().put("shape", List.of(data.size())).put("data", data).put("pooling", "cls");
    return new VectorFormat(
        new JsonObject()
            .put("result", result)
            .put("success", true)
            .put("errors", new JsonArray())
            .put("messages", new JsonArray()));
  }
}
