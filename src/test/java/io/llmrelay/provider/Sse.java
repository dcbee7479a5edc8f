package io.llmrelay.provider;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.concurrent.atomic.AtomicLong;

/** Events as an OpenAI-like server writes them. */
public final class Sse {
  public static final String DONE = data("[DONE]");

  private Sse() {}

  public static String data(String payload) {
    return "data: " + payload + "\n\n";
  }

  public static String text(String text) {
    return delta(new JsonObject().put("content", text), null);
  }

  public static String reasoning(String text) {
    return delta(new JsonObject().put("reasoning_content", text), null);
  }

  public static String finish(String reason) {
    return delta(new JsonObject(), reason);
  }

  public static String delta(JsonObject delta, String finishReason) {
    JsonObject choice =
        new JsonObject().put("index", 0).put("delta", delta).put("finish_reason", finishReason);
    return data(new JsonObject().put("choices", new JsonArray().add(choice)).encode());
  }

  public static String error(JsonObject error) {
    return data(new JsonObject().put("error", error).encode());
  }

  /** Answers with these events. */
  public static void stream(HttpServerRequest request, String... events) {
    request.response().setChunked(true).putHeader("content-type", "text/event-stream");
    request.response().end(String.join("", events));
  }

  /** Writes text without end, as fast as it is taken, and counts it. */
  public static void flood(HttpServerResponse response, AtomicLong taken) {
    Buffer much = Buffer.buffer(text("x".repeat(4000)));
    for (int i = 0; i < 50 && !response.writeQueueFull() && !response.closed(); i++) {
      response.write(much);
      taken.addAndGet(much.length());
    }
    if (response.writeQueueFull()) {
      response.drainHandler(v -> flood(response, taken));
    } else if (!response.closed()) {
      Vertx.currentContext().runOnContext(v -> flood(response, taken));
    }
  }
}
