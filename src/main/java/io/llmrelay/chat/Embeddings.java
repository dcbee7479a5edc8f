package io.llmrelay.chat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * The embeddings of all inputs of a request.
 *
 * @param id the request's id
 * @param backend who served it
 * @param model the model that served it, by the provider's name for it where the answer has one
 * @param vectors one for each input, in their order
 * @param usage its tokens
 * @param costUsd what it cost in US dollars; {@code null} where price or usage are unknown
 * @param trail every attempt and every skipped candidate, in order
 * @param warning what the caller should know, see {@link ChatCompletion}; {@code null} if nothing
 */
public record Embeddings(
    String id,
    String backend,
    String model,
    List<Embedding> vectors,
    TokenUsage usage,
    Double costUsd,
    List<Attempt> trail,
    String warning) {

  public Embeddings {
    vectors = List.copyOf(vectors);
    trail = List.copyOf(trail);
  }

  /** Returns the JSON form. */
  public JsonObject toJson(EmbeddingRequest.Encoding encoding) {
    JsonArray array = new JsonArray();
    vectors.forEach(vector -> array.add(vector.toJson(encoding)));
    JsonObject json =
        new JsonObject()
            .put("id", id)
            .put("backend", backend)
            .put("model", model)
            .put("embeddings", array)
            .put("usage", usage.toJson())
            .put("trail", Attempt.toJson(trail));
    if (costUsd != null) {
      json.put("cost_usd", costUsd);
    }
    if (warning != null) {
      json.put("warning", warning);
    }
    return json;
  }

  /** Reads the JSON form. */
  public static Embeddings fromJson(JsonObject json) {
    return new Embeddings(
        json.getString("id"),
        json.getString("backend"),
        json.getString("model"),
        json.getJsonArray("embeddings").stream().map(Embedding::fromJson).toList(),
        TokenUsage.fromJson(json.getJsonObject("usage")),
        json.getDouble("cost_usd"),
        Attempt.listFromJson(json.getJsonArray("trail")),
        json.getString("warning"));
  }

  /** Leaves the vectors out. */
  @Override
  public String toString() {
    return "Embeddings["
        + id
        + " from "
        + new CandidateName(backend, model)
        + ", "
        + vectors.size()
        + ", "
        + usage
        + "]";
  }
}
