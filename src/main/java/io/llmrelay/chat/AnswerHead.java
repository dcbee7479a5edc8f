package io.llmrelay.chat;

import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * The beginning of an answer. A backend knows its status and maybe the model; a relay knows the
 * rest.
 *
 * @param id the request's id, or {@code null}
 * @param backend the backend that serves it, or {@code null}
 * @param model the model that serves it, by the provider's name if its answer states one; {@code
 *     null} if unknown
 * @param warning a warning for the caller, or {@code null}
 * @param trail the attempts and skipped candidates so far
 * @param status the backend's HTTP status, 0 if unknown
 */
public record AnswerHead(
    String id, String backend, String model, String warning, List<Attempt> trail, int status) {

  public AnswerHead {
    trail = List.copyOf(trail);
  }

  /** Creates the head of a backend's answer. */
  public static AnswerHead ofBackend(int status, String model, String warning) {
    return new AnswerHead(null, null, model, warning, List.of(), status);
  }

  /** Returns the JSON form, as it crosses the event bus. */
  public JsonObject toJson() {
    JsonObject json = new JsonObject();
    put(json, "id", id);
    put(json, "backend", backend);
    put(json, "model", model);
    put(json, "warning", warning);
    if (!trail.isEmpty()) {
      json.put("trail", Attempt.toJson(trail));
    }
    if (status != 0) {
      json.put("status", status);
    }
    return json;
  }

  private static void put(JsonObject json, String key, String value) {
    if (value != null) {
      json.put(key, value);
    }
  }

  /** Reads the JSON form. */
  public static AnswerHead fromJson(JsonObject json) {
    return new AnswerHead(
        json.getString("id"),
        json.getString("backend"),
        json.getString("model"),
        json.getString("warning"),
        Attempt.listFromJson(json.getJsonArray("trail")),
        json.getInteger("status", 0));
  }
}
