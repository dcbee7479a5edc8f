package io.llmrelay.chat;

import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * A whole answer.
 *
 * @param id the request's id
 * @param backend who served it
 * @param model the model that served it, by the provider's name for it where the answer has one
 * @param text the answer
 * @param reasoning the model's thinking as far as it was shown, may be empty
 * @param refusal the refusal in the model's words, may be empty
 * @param finishReason why it ended
 * @param usage its tokens
 * @param costUsd what it cost in US dollars; {@code null} where price or usage are unknown
 * @param trail every attempt and every skipped candidate, in order
 * @param warning what the caller should know: a wish that was cut to the operator's limit, what of
 *     the request the model does not take, its coming end; several are separated by {@code "; "};
 *     {@code null} if nothing
 */
public record ChatCompletion(
    String id,
    String backend,
    String model,
    String text,
    String reasoning,
    String refusal,
    FinishReason finishReason,
    TokenUsage usage,
    Double costUsd,
    List<Attempt> trail,
    String warning) {

  public ChatCompletion {
    trail = List.copyOf(trail);
  }

  public JsonObject toJson() {
    JsonObject json =
        new JsonObject()
            .put("id", id)
            .put("backend", backend)
            .put("model", model)
            .put("text", text)
            .put("finish_reason", finishReason.code())
            .put("usage", usage.toJson())
            .put("trail", Attempt.toJson(trail));
    if (!reasoning.isEmpty()) {
      json.put("reasoning", reasoning);
    }
    if (!refusal.isEmpty()) {
      json.put("refusal", refusal);
    }
    if (costUsd != null) {
      json.put("cost_usd", costUsd);
    }
    if (warning != null) {
      json.put("warning", warning);
    }
    return json;
  }

  public static ChatCompletion fromJson(JsonObject json) {
    return new ChatCompletion(
        json.getString("id"),
        json.getString("backend"),
        json.getString("model"),
        json.getString("text"),
        json.getString("reasoning", ""),
        json.getString("refusal", ""),
        FinishReason.of(json.getString("finish_reason")),
        TokenUsage.fromJson(json.getJsonObject("usage")),
        json.getDouble("cost_usd"),
        Attempt.listFromJson(json.getJsonArray("trail")),
        json.getString("warning"));
  }

  /** Leaves the answer out: it belongs to the consumer, not to a log. */
  @Override
  public String toString() {
    return "ChatCompletion[" + id + " from " + backend + "/" + model + ", " + usage + "]";
  }
}
