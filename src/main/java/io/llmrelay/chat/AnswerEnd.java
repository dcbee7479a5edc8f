package io.llmrelay.chat;

import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * The end of a complete answer.
 *
 * @param finishReason why it ended
 * @param usage its tokens; {@link TokenUsage#NONE} if unknown
 * @param costUsd its cost in US dollars; {@code null} if unknown
 * @param trail every attempt and every skipped candidate; empty at the end of a backend's answer
 * @param model the provider's name of the model; {@code null} if the head has it
 * @param malformed the number of events of the backend that could not be parsed and were skipped
 */
public record AnswerEnd(
    FinishReason finishReason,
    TokenUsage usage,
    Double costUsd,
    List<Attempt> trail,
    String model,
    int malformed) {

  public AnswerEnd {
    trail = List.copyOf(trail);
  }

  /** Creates the end of a backend's answer, without cost and trail. */
  public static AnswerEnd ofBackend(
      FinishReason finishReason, TokenUsage usage, String model, int malformed) {
    return new AnswerEnd(finishReason, usage, null, List.of(), model, malformed);
  }

  /** Returns the JSON form, as it crosses the event bus. */
  public JsonObject toJson() {
    JsonObject json =
        new JsonObject().put("finish_reason", finishReason.code()).put("usage", usage.toJson());
    if (costUsd != null) {
      json.put("cost_usd", costUsd);
    }
    if (!trail.isEmpty()) {
      json.put("trail", Attempt.toJson(trail));
    }
    if (model != null) {
      json.put("model", model);
    }
    if (malformed > 0) {
      json.put("malformed", malformed);
    }
    return json;
  }

  /** Reads the JSON form. */
  public static AnswerEnd fromJson(JsonObject json) {
    return new AnswerEnd(
        FinishReason.of(json.getString("finish_reason")),
        TokenUsage.fromJson(json.getJsonObject("usage")),
        json.getDouble("cost_usd"),
        Attempt.listFromJson(json.getJsonArray("trail")),
        json.getString("model"),
        json.getInteger("malformed", 0));
  }
}
