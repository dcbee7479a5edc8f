package io.llmrelay.soak;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Random;

/**
 * One request of a consumer, and how the consumer behaves.
 *
 * @param body the request in OpenAI's form, without {@code stream}
 * @param leaveAfterMs when the consumer goes without waiting for the end, or -1
 * @param pauseMs how long it stops after each piece it reads
 */
record Visit(JsonObject body, boolean streaming, int leaveAfterMs, int pauseMs) {
  /** What the backends do, as the sandbox calls it. */
  static final List<String> SCENARIOS =
      List.of(
          "model-chunks-20",
          "model-chunks-20",
          "model-chunks-100-every-2",
          "model-chunks-100-every-2",
          "flood-1",
          "huge-frame-2",
          "503",
          "500",
          "529",
          "404",
          "200-html",
          "200-error",
          "die",
          "die-after-head",
          "die-after-3",
          "die-in-char",
          "end-after-2",
          "end-in-frame",
          "stall",
          "stall-after-role",
          "stall-after-3",
          "sse-error",
          "malformed",
          "comments");

  /** Any scenario, with something sound to fall back on or without, and any behaviour. */
  static Visit any(Random random) {
    String scenario = SCENARIOS.get(random.nextInt(SCENARIOS.size()));
    JsonArray candidates = new JsonArray().add("first/mock-" + scenario);
    if (random.nextInt(3) > 0) {
      candidates.add("second/mock-model-chunks-20");
    }
    return new Visit(
        body("Hello").put("relay", new JsonObject().put("candidates", candidates)),
        random.nextInt(4) > 0,
        random.nextInt(3) == 0 ? random.nextInt(120) : -1,
        random.nextInt(5) == 0 ? 3 : 0);
  }

  static JsonObject body(String prompt) {
    return new JsonObject()
        .put(
            "messages",
            new JsonArray().add(new JsonObject().put("role", "user").put("content", prompt)));
  }
}
