package io.llmrelay.gateway.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.sandbox.Scenario;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A conversation with tools whose turns are served by different vendors, through the messages
 * front. The client sends back what it was sent, as clients do; each backend of the sandbox rejects
 * what its vendor rejects.
 */
class MessagesConversationTest extends MessagesFixture {
  private final JsonArray messages = new JsonArray().add(user("Weather in Oslo and Rome?"));

  /** One turn, after a first candidate that fails as {@code fault} says. */
  private JsonArray turn(boolean streaming, String fault, String backend, Scenario answer)
      throws Exception {
    sandbox.script("broken", Scenario.of(fault));
    sandbox.script(backend, answer);
    JsonObject request =
        request("broken", backend)
            .put("model", "claude-sonnet-4-5")
            .put("system", "Use the tools.")
            .put("messages", messages)
            .put("tools", new JsonArray(TOOLS))
            .put("thinking", new JsonObject().put("type", "enabled").put("budget_tokens", 2000));
    request.getJsonObject("relay").put("commit", "tool-calls");
    JsonObject message;
    if (streaming) {
      message = accumulated(stream(request));
    } else {
      HttpResponse<String> response = post(request);
      assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
      assertThat(response.headers().firstValue("x-relay-backend")).contains(backend);
      assertThat(response.headers().firstValue("x-relay-attempts")).contains("2");
      message = new JsonObject(response.body());
    }
    JsonArray content = message.getJsonArray("content");
    messages.add(new JsonObject().put("role", "assistant").put("content", content));
    JsonArray results = new JsonArray();
    for (JsonObject call : calls(content)) {
      assertThat(call.getString("id")).matches("[a-zA-Z0-9_-]+");
      results.add(
          new JsonObject()
              .put("type", "tool_result")
              .put("tool_use_id", call.getString("id"))
              .put("content", "result of " + call.getJsonObject("input").encode()));
    }
    assertThat(message.getString("stop_reason"))
        .isEqualTo(results.isEmpty() ? "end_turn" : "tool_use");
    if (!results.isEmpty()) {
      messages.add(user(results));
    }
    return content;
  }

  private static List<JsonObject> calls(JsonArray content) {
    return content.stream()
        .map(block -> (JsonObject) block)
        .filter(block -> block.getString("type").equals("tool_use"))
        .toList();
  }

  private static List<String> named(JsonArray content) {
    return calls(content).stream()
        .map(call -> call.getString("name") + call.getJsonObject("input").encode())
        .toList();
  }

  @ParameterizedTest
  @CsvSource({
    "false, 503",
    "true,  503",
    "true,  tool-call-broken",
    "false, tool-call-broken",
    "true,  die-after-role"
  })
  void everyVendorAcceptsTheTurnsOfTheOthers(boolean streaming, String fault) throws Exception {
    JsonArray first =
        turn(
            streaming,
            fault,
            "claude",
            Scenario.of("tool-calls-reasoning-3")
                .text("I will look.")
                .toolCall("weather", "{\"city\":\"Oslo\"}")
                .toolCall("weather", "{\"city\":\"Rome\"}"));
    assertThat(named(first))
        .containsExactly("weather{\"city\":\"Oslo\"}", "weather{\"city\":\"Rome\"}");
    assertThat(first.getJsonObject(0).getString("signature"))
        .isNotEmpty()
        .doesNotStartWith("relay_");

    JsonArray second =
        turn(
            streaming,
            fault,
            "google",
            Scenario.of("tool-call-reasoning-2").toolCall("clock", "{}"));
    assertThat(named(second)).containsExactly("clock{}");

    JsonArray third =
        turn(
            streaming,
            fault,
            "google",
            Scenario.of("tool-call").toolCall("weather", "{\"city\":\"Bergen\"}"));
    assertThat(named(third)).containsExactly("weather{\"city\":\"Bergen\"}");
    assertThat(sandbox.calls("google").get(1).body().encode()).contains("thoughtSignature");

    JsonArray fourth =
        turn(
            streaming,
            fault,
            "compatible",
            Scenario.of("tool-call-reasoning-2").toolCall("clock", "{\"zone\":\"Europe/Rome\"}"));
    assertThat(named(fourth)).containsExactly("clock{\"zone\":\"Europe/Rome\"}");

    JsonArray fifth = turn(streaming, fault, "claude", Scenario.ok().text("Rain in both."));
    assertThat(fifth.getJsonObject(fifth.size() - 1).getString("text")).isEqualTo("Rain in both.");
    String sent = sandbox.calls("claude").get(1).body().encode();
    assertThat(sent)
        .contains(first.getJsonObject(0).encode(), "result of {\\\"city\\\":\\\"Oslo\\\"}")
        .doesNotContain("\"relay_");
  }
}
