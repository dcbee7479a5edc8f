package io.llmrelay.chat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * The candidates that would be tried for a request, and those that would be skipped.
 *
 * @param candidates every candidate: first those that would be tried, in order, then the others
 */
public record Plan(List<Entry> candidates) {

  /**
   * One candidate of a plan.
   *
   * @param backend the backend's configured name
   * @param model the model that would be requested
   * @param skip the reason to skip it; {@code null} if it would be tried
   * @param message the reason for its position in the plan, or for skipping it, in words
   * @param availableInMs milliseconds until a skipped candidate may be tried; -1 if unknown or not
   *     applicable
   * @param estimatedCostUsd the estimated cost of the request; {@code null} if unknown
   */
  public record Entry(
      String backend,
      String model,
      SkipReason skip,
      String message,
      long availableInMs,
      Double estimatedCostUsd) {

    JsonObject toJson() {
      JsonObject json = new JsonObject().put("backend", backend).put("model", model);
      if (skip != null) {
        json.put("skip", skip.code());
      }
      json.put("message", message);
      if (availableInMs >= 0) {
        json.put("available_in_ms", availableInMs);
      }
      if (estimatedCostUsd != null) {
        json.put("estimated_cost_usd", estimatedCostUsd);
      }
      return json;
    }

    static Entry fromJson(JsonObject json) {
      String skip = json.getString("skip");
      return new Entry(
          json.getString("backend"),
          json.getString("model"),
          skip == null ? null : SkipReason.of(skip),
          json.getString("message"),
          json.getLong("available_in_ms", -1L),
          json.getDouble("estimated_cost_usd"));
    }
  }

  public Plan {
    candidates = List.copyOf(candidates);
  }

  /** Returns the JSON form, as it crosses the event bus. */
  public JsonObject toJson() {
    JsonArray array = new JsonArray();
    candidates.forEach(entry -> array.add(entry.toJson()));
    return new JsonObject().put("candidates", array);
  }

  /** Reads the JSON form. */
  public static Plan fromJson(JsonObject json) {
    return new Plan(
        json.getJsonArray("candidates").stream()
            .map(entry -> Entry.fromJson((JsonObject) entry))
            .toList());
  }
}
