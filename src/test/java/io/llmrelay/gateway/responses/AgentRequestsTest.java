package io.llmrelay.gateway.responses;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.gateway.RelayFixture;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What coding agents send, to backends of other APIs. */
class AgentRequestsTest extends RelayFixture {
  private static final String TOOLS =
      """
      [{"type": "namespace", "name": "agents", "description": "Other agents", "tools": [
         {"type": "function", "name": "close", "strict": false, "parameters": {"type": "object",
           "properties": {"target": {"type": "string"}}, "required": ["target"]}}]},
       {"type": "web_search", "external_web_access": false}]
      """;

  private static final JsonObject QUESTION =
      new JsonObject().put("type", "message").put("role", "user").put("content", "Close it.");

  private JsonObject request(String backend, JsonArray input) {
    return new JsonObject()
        .put("model", backend + "/" + MODEL)
        .put("input", input)
        .put("tools", new JsonArray(TOOLS))
        .put("store", false);
  }

  private HttpResponse<String> post(JsonObject body) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create(baseUrl + "/responses"))
                .POST(HttpRequest.BodyPublishers.ofString(body.encode()))
                .build(),
            HttpResponse.BodyHandlers.ofString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"primary", "claude"})
  void functionsOfANamespaceAreCalledByTheirNamesInIt(String backend) throws Exception {
    sandbox.script(backend, Scenario.of("tool-loop"));
    JsonArray input = JsonArray.of(QUESTION);
    HttpResponse<String> first = post(request(backend, input));
    assertThat(first.statusCode()).as(first.body()).isEqualTo(200);
    JsonObject call = new JsonObject(first.body()).getJsonArray("output").getJsonObject(0);
    assertThat(call.getString("type")).isEqualTo("function_call");
    assertThat(call.getString("name")).isEqualTo("close");
    assertThat(call.getString("namespace")).isEqualTo("agents");
    assertThat(first.headers().firstValue("x-relay-warning"))
        .hasValueSatisfying(warning -> assertThat(warning).contains("web_search"));

    JsonObject result =
        new JsonObject()
            .put("type", "function_call_output")
            .put("call_id", call.getString("call_id"))
            .put("output", "closed at noon");
    HttpResponse<String> second = post(request(backend, input.add(call).add(result)));
    assertThat(second.statusCode()).as(second.body()).isEqualTo(200);
    assertThat(second.body()).contains("closed at noon");
  }

  @Test
  void aReferenceToReasoningIsLeftOutWithAWarning() throws Exception {
    HttpResponse<String> response = post(request("claude", JsonArray.of(QUESTION, of("rs_1_0"))));
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(response.headers().firstValue("x-relay-warning"))
        .hasValueSatisfying(warning -> assertThat(warning).contains("input[1] (item_reference)"));
  }

  @Test
  void aReferenceToAnythingElseIsRefusedWithWhatToSend() throws Exception {
    HttpResponse<String> response = post(request("claude", JsonArray.of(QUESTION, of("msg_1_0"))));
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).contains("input[1]", "item_reference", "store: false");
  }

  private static JsonObject of(String id) {
    return new JsonObject().put("type", "item_reference").put("id", id);
  }
}
