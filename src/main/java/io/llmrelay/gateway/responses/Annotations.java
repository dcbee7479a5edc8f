package io.llmrelay.gateway.responses;

import io.vertx.core.json.JsonObject;

/** Citations in the form of this API: without an object of their own around their fields. */
final class Annotations {
  private Annotations() {}

  /** Returns an annotation, with the fields that clients require. */
  static JsonObject flat(JsonObject nested) {
    String type = nested.getValue("type") instanceof String known ? known : "url_citation";
    JsonObject fields =
        nested.getValue(type) instanceof JsonObject object ? object.copy() : nested.copy();
    JsonObject flat = new JsonObject().put("type", type).mergeIn(fields).put("type", type);
    if (type.equals("url_citation")) {
      complete(flat, "url", "");
      complete(flat, "title", "");
      complete(flat, "start_index", 0);
      complete(flat, "end_index", 0);
    } else if (type.equals("file_citation")) {
      complete(flat, "file_id", "");
      complete(flat, "filename", flat.getValue("document_title", ""));
      complete(flat, "index", 0);
    }
    return flat;
  }

  private static void complete(JsonObject json, String field, Object value) {
    if (json.getValue(field) == null) {
      json.put(field, value == null ? "" : value);
    }
  }
}
