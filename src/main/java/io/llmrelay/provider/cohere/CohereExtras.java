package io.llmrelay.provider.cohere;

import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** Translates log probabilities and citations into OpenAI's form. */
final class CohereExtras {
  private CohereExtras() {}

  /**
   * Returns the elements of {@code logprobs.content}. A piece of text may have several tokens,
   * whose probabilities are multiplied.
   */
  static JsonArray logprobs(JsonArray items) {
    JsonArray content = new JsonArray();
    for (Object item : items) {
      if (item instanceof JsonObject json && json.getValue("logprobs") instanceof JsonArray all) {
        double sum =
            all.stream().mapToDouble(each -> each instanceof Number n ? n.doubleValue() : 0).sum();
        content.add(
            new JsonObject()
                .put("token", Json.text(json, "text"))
                .put("logprob", sum)
                .putNull("bytes")
                .put("top_logprobs", new JsonArray()));
      }
    }
    return content;
  }

  /**
   * Returns citations as {@code url_citation}, the one type of annotation that clients know: one
   * for each source, with the document's URL, or its id if it has none.
   */
  static JsonArray annotations(JsonArray citations) {
    JsonArray annotations = new JsonArray();
    for (Object each : citations) {
      if (each instanceof JsonObject citation) {
        for (Object source : Json.array(citation, "sources")) {
          if (source instanceof JsonObject json) {
            annotations.add(annotation(citation, json));
          }
        }
      }
    }
    return annotations;
  }

  private static JsonObject annotation(JsonObject citation, JsonObject source) {
    JsonObject document =
        Json.object(source, source.containsKey("document") ? "document" : "tool_output");
    String url = Json.string(document, "url");
    String title = Json.string(document, "title");
    return new JsonObject()
        .put("type", "url_citation")
        .put(
            "url_citation",
            new JsonObject()
                .put("start_index", Json.count(citation, "start"))
                .put("end_index", Json.count(citation, "end"))
                .put("url", url == null ? Json.text(source, "id") : url)
                .put("title", title == null ? Json.text(citation, "text") : title));
  }
}
