package io.llmrelay.provider.gemini;

import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** Translates the probabilities of tokens into OpenAI's form. */
final class GeminiLogprobs {
  private GeminiLogprobs() {}

  /** Returns an entry for each token of a {@code logprobsResult}. */
  static JsonArray read(JsonObject result) {
    JsonArray chosen = Json.array(result, "chosenCandidates");
    JsonArray alternatives = Json.array(result, "topCandidates");
    JsonArray content = new JsonArray();
    for (int i = 0; i < chosen.size(); i++) {
      if (chosen.getValue(i) instanceof JsonObject token) {
        JsonArray top = new JsonArray();
        if (i < alternatives.size() && alternatives.getValue(i) instanceof JsonObject others) {
          for (Object other : Json.array(others, "candidates")) {
            if (other instanceof JsonObject each) {
              top.add(token(each));
            }
          }
        }
        content.add(token(token).put("top_logprobs", top));
      }
    }
    return content;
  }

  private static JsonObject token(JsonObject candidate) {
    Object logprob = candidate.getValue("logProbability");
    return new JsonObject()
        .put("token", Json.text(candidate, "token"))
        .put("logprob", logprob instanceof Number number ? number.doubleValue() : 0)
        .putNull("bytes");
  }
}
