package examples;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** An event-bus client that knows none of the relay's classes. */
public final class EventBusRequest {
  private EventBusRequest() {}

  /** The whole answer, in one reply. */
  public static Future<String> ask(Vertx vertx, String prompt) {
    // tag::bus
    JsonObject request =
        new JsonObject()
            .put("model", "gpt-4o-mini")
            .put(
                "messages",
                new JsonArray().add(new JsonObject().put("role", "user").put("content", prompt)));
    return vertx
        .eventBus()
        .<JsonObject>request("llm.generate", request)
        .map(Message::body)
        .map(answer -> answer.getString("text"));
    // end::bus
  }
}
