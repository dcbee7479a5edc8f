package io.llmrelay.gateway.responses;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.sandbox.Scenario;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A stateless conversation that goes from vendor to vendor, each of which checks what it gets back
 * of its own: signatures, encrypted reasoning, calls with their outputs.
 */
class ConversationTest extends ResponsesFixture {
  private static final Scenario CALLS =
      Scenario.of("tool-calls-reasoning-2")
          .toolCall("weather", "{\"city\":\"Oslo\"}")
          .toolCall("weather", "{\"city\":\"Rome\"}");

  private final JsonArray input = JsonArray.of(user("Weather in Oslo and Rome?"));

  private JsonObject ask(String... backends) throws Exception {
    JsonObject response =
        generate(
            request(backends)
                .put("input", input.copy())
                .put("store", false)
                .put("include", JsonArray.of("reasoning.encrypted_content"))
                .put("reasoning", new JsonObject().put("effort", "low"))
                .put("tools", new JsonArray(TOOLS)));
    response.getJsonArray("output").forEach(input::add);
    return response;
  }

  /** Adds the outputs of the calls of a response, in another order. */
  private void run(JsonObject response) {
    List<JsonObject> calls =
        response.getJsonArray("output").stream()
            .map(JsonObject.class::cast)
            .filter(item -> item.getString("type").equals("function_call"))
            .toList();
    assertThat(calls).hasSize(2);
    for (int i = 1; i >= 0; i--) {
      input.add(
          new JsonObject()
              .put("type", "function_call_output")
              .put("call_id", calls.get(i).getString("call_id"))
              .put("output", "sunny"));
    }
  }

  private JsonObject sent(String backend) {
    var calls = sandbox.calls(backend);
    return calls.get(calls.size() - 1).body();
  }

  @Test
  void goesThroughFourVendorsAndBack() throws Exception {
    for (String backend : List.of("claude", "google", "compatible", "own")) {
      sandbox.script(backend, CALLS);
      run(ask(backend));
      sandbox.script(backend, Scenario.of("tool-loop"));
      assertThat(ask(backend).encode()).contains("The tool returned: sunny, sunny");
      input.add(user("And again?"));
    }
    // What each vendor has signed or encrypted is still in the input.
    List.of("claude", "google", "compatible", "own")
        .forEach(backend -> sandbox.script(backend, Scenario.ok()));
    ask("claude");
    assertThat(sent("claude").encode())
        .contains("\"signature\":\"c2FuZGJveA==\"")
        .doesNotContain("relay_");
    ask("google");
    assertThat(sent("google").encode())
        .contains("\"thoughtSignature\":\"c2FuZGJveA==\"")
        .doesNotContain("relay_");
    ask("own");
    assertThat(sent("own").encode())
        .contains("\"encrypted_content\":\"c2FuZGJveA==\"")
        .doesNotContain("relay_");
    ask("compatible");
    assertThat(sent("compatible").encode()).doesNotContain("relay_");
  }

  @Test
  void fallsOverFromVendorToVendor() throws Exception {
    sandbox.script("claude", CALLS);
    run(ask("claude"));
    sandbox.script("claude", Scenario.http(503));
    sandbox.script("google", Scenario.of("sse-error"));
    sandbox.script("own", Scenario.of("tool-loop"));

    JsonObject response = ask("claude", "google", "own");

    assertThat(response.encode()).contains("The tool returned: sunny, sunny");
    assertThat(response.getString("model")).isEqualTo("gpt-5");
  }

  @Test
  void idsThatAreTooLongAreMappedBothWays() throws Exception {
    String id = "call/" + "x".repeat(80);
    sandbox.script("compatible", Scenario.ok().toolCall(id, "weather", "{\"city\":\"Oslo\"}"));
    JsonObject response = ask("compatible");
    JsonObject call = item(response, response.getJsonArray("output").size() - 1);
    assertThat(call.getString("call_id")).matches("[a-zA-Z0-9_-]{1,64}");
    input.add(
        new JsonObject()
            .put("type", "function_call_output")
            .put("call_id", call.getString("call_id"))
            .put("output", "sunny"));
    sandbox.script("own", Scenario.of("tool-loop"));
    assertThat(ask("own").encode()).contains("The tool returned: sunny");
    ask("claude");
    assertThat(sent("claude").encode()).doesNotContain(call.getString("call_id"));
  }

  @Test
  void clientsMayLeaveTheIdsOfItemsOut() throws Exception {
    sandbox.script("google", CALLS);
    run(ask("google"));
    input.forEach(item -> ((JsonObject) item).remove("id"));
    for (String backend : List.of("own", "google")) {
      sandbox.script(backend, Scenario.of("tool-loop"));
      JsonArray before = input.copy();
      assertThat(ask(backend).encode()).contains("The tool returned: sunny, sunny");
      input.clear();
      before.forEach(input::add);
    }
  }
}
