package io.llmrelay.gateway.responses;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.sandbox.Scenario;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the compliance test of the <a href="https://www.openresponses.org">Open Responses</a>
 * specification asks for, at backends of every kind.
 */
class ComplianceTest extends ResponsesFixture {

  /** The fields that the specification requires of a response. */
  private static final List<String> REQUIRED =
      List.of(
          "id",
          "object",
          "created_at",
          "completed_at",
          "status",
          "incomplete_details",
          "model",
          "previous_response_id",
          "instructions",
          "output",
          "error",
          "tools",
          "tool_choice",
          "truncation",
          "parallel_tool_calls",
          "text",
          "top_p",
          "presence_penalty",
          "frequency_penalty",
          "top_logprobs",
          "temperature",
          "reasoning",
          "usage",
          "max_output_tokens",
          "max_tool_calls",
          "store",
          "background",
          "service_tier",
          "metadata",
          "safety_identifier",
          "prompt_cache_key");

  private static JsonObject message(String role, Object content) {
    return new JsonObject().put("type", "message").put("role", role).put("content", content);
  }

  private static JsonObject request(String backend, JsonObject... items) {
    return request(new String[] {backend}).put("input", new JsonArray(List.of(items)));
  }

  private void assertCompleted(JsonObject response, String type) throws Exception {
    assertValid(response);
    assertThat(response.fieldNames()).containsAll(REQUIRED);
    assertThat(response.getString("status")).isEqualTo("completed");
    assertThat(response.getJsonArray("output").stream().map(each -> type((JsonObject) each)))
        .contains(type);
  }

  @ParameterizedTest
  @ValueSource(strings = {"compatible", "claude", "google"})
  void basicResponse(String backend) throws Exception {
    JsonObject request = request(backend, message("user", "Say hello in three words."));
    assertCompleted(generate(request), "message");
  }

  @ParameterizedTest
  @ValueSource(strings = {"compatible", "claude", "google"})
  void streamingResponse(String backend) throws Exception {
    List<JsonObject> events = stream(request(backend, message("user", "Count to five.")));
    assertValid(events);
    assertCompleted(last(events), "message");
  }

  @ParameterizedTest
  @ValueSource(strings = {"compatible", "claude", "google"})
  void systemPrompt(String backend) throws Exception {
    JsonObject request =
        request(backend, message("system", "You are a pirate."), message("user", "Say hello."));
    assertCompleted(generate(request), "message");
    assertThat(sandbox.calls(backend).get(0).body().encode()).contains("pirate");
  }

  @ParameterizedTest
  @ValueSource(strings = {"compatible", "claude", "google"})
  void toolCalling(String backend) throws Exception {
    sandbox.script(backend, Scenario.of("tool-loop"));
    JsonObject request = request(backend, message("user", "What is the weather in Oslo?"));
    request.put("tools", new JsonArray(TOOLS));
    assertCompleted(generate(request), "function_call");
    List<String> types = new ArrayList<>();
    stream(request).forEach(event -> types.add(type(event)));
    assertThat(types)
        .containsSubsequence(
            "response.output_item.added",
            "response.function_call_arguments.delta",
            "response.function_call_arguments.done",
            "response.output_item.done");
  }

  @ParameterizedTest
  @ValueSource(strings = {"compatible", "claude", "google"})
  void imageInput(String backend) throws Exception {
    String image = "data:image/png;base64,iVBORw0KGgo=";
    JsonArray parts =
        new JsonArray()
            .add(new JsonObject().put("type", "input_text").put("text", "What is this?"))
            .add(new JsonObject().put("type", "input_image").put("image_url", image));
    assertCompleted(generate(request(backend, message("user", parts))), "message");
    assertThat(sandbox.calls(backend).get(0).body().encode()).contains("iVBORw0KGgo=");
  }

  @ParameterizedTest
  @ValueSource(strings = {"compatible", "claude", "google"})
  void multiTurnConversation(String backend) throws Exception {
    JsonObject request =
        request(
            backend,
            message("user", "My name is Alice."),
            message("assistant", "Hello Alice!"),
            message("user", "What is my name?"));
    assertCompleted(generate(request), "message");
    assertThat(sandbox.calls(backend).get(0).body().encode())
        .containsSubsequence("My name is Alice.", "Hello Alice!", "What is my name?");
  }
}
