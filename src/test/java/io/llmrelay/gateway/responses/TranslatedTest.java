package io.llmrelay.gateway.responses;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.sandbox.Scenario;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers of other APIs as responses: streams and whole answers are the same. */
class TranslatedTest extends ResponsesFixture {
  private static final String TEXT = "Grüße \"vom\" Relay:\n\t日本 🌍 \\o/";

  /** The response of a stream, which is also that of a whole answer. */
  private JsonObject response(JsonObject request, String backend, Scenario scenario)
      throws Exception {
    sandbox.script(backend, scenario);
    List<JsonObject> events = stream(request);
    assertValid(events);
    JsonObject whole = generate(request);
    assertValid(whole);
    JsonObject streamed = last(events);
    assertThat(comparable(whole)).isEqualTo(comparable(streamed));
    assertThat(whole.getString("id")).startsWith("resp_");
    return streamed;
  }

  /** Two answers differ in their ids and times. */
  private static JsonObject comparable(JsonObject response) {
    JsonObject copy = response.copy();
    List.of("id", "created_at", "completed_at", "relay").forEach(copy::remove);
    for (Object each : copy.getJsonArray("output")) {
      List.of("id", "call_id", "encrypted_content").forEach(((JsonObject) each)::remove);
    }
    return copy;
  }

  @ParameterizedTest
  @ValueSource(strings = {"compatible", "claude", "google"})
  void text(String backend) throws Exception {
    JsonObject response =
        response(request(backend), backend, Scenario.ok().text(TEXT).chunkSize(1));

    JsonObject part = item(response, 0).getJsonArray("content").getJsonObject(0);
    assertThat(part)
        .isEqualTo(
            new JsonObject()
                .put("type", "output_text")
                .put("annotations", new JsonArray())
                .put("logprobs", new JsonArray())
                .put("text", TEXT));
    assertThat(item(response, 0).getString("status")).isEqualTo("completed");
    assertThat(response.getJsonObject("usage").getInteger("output_tokens")).isPositive();
    assertThat(response.getJsonObject("relay").getString("backend")).isEqualTo(backend);
  }

  @ParameterizedTest
  @ValueSource(strings = {"compatible", "claude", "google"})
  void reasoningAndToolCalls(String backend) throws Exception {
    JsonObject request = request(backend).put("tools", new JsonArray(TOOLS));

    JsonObject response =
        response(
            request,
            backend,
            Scenario.of("tool-calls-reasoning-3")
                .text("I will look.")
                .toolCall("weather", "{\"city\":\"Oslo\"}")
                .toolCall("clock", "{}"));

    JsonArray output = response.getJsonArray("output");
    assertThat(output.stream().map(each -> ((JsonObject) each).getString("type")))
        .containsSubsequence("reasoning", "message", "function_call", "function_call");
    JsonObject reasoning = item(response, 0);
    assertThat(reasoning.getJsonArray("summary").getJsonObject(0).getString("text"))
        .isEqualTo("The user wants");
    assertThat(reasoning.getString("encrypted_content")).startsWith("relay_");
    JsonObject call = item(response, output.size() - 2);
    assertThat(call.getString("arguments")).isEqualTo("{\"city\":\"Oslo\"}");
    assertThat(call.getString("call_id")).matches("[a-zA-Z0-9_-]{1,64}");
    assertThat(item(response, output.size() - 1).getString("arguments")).isEqualTo("{}");
    assertThat(response.getString("status")).isEqualTo("completed");
  }

  @ParameterizedTest
  @CsvSource({"length, max_output_tokens", "content-filter, content_filter"})
  void incomplete(String scenario, String reason) throws Exception {
    JsonObject response =
        response(request("compatible"), "compatible", Scenario.of(scenario).text("One two"));

    assertThat(response.getString("status")).isEqualTo("incomplete");
    assertThat(response.getJsonObject("incomplete_details").getString("reason")).isEqualTo(reason);
    assertThat(item(response, 0).getString("status")).isEqualTo("incomplete");
  }

  @Test
  void refusal() throws Exception {
    JsonObject response =
        response(request("compatible"), "compatible", Scenario.of("refusal").text("No."));

    assertThat(item(response, 0).getJsonArray("content"))
        .containsExactly(new JsonObject().put("type", "refusal").put("refusal", "No."));
  }

  @Test
  void theSettingsOfTheRequestAreRepeated() throws Exception {
    JsonObject settings =
        new JsonObject(
            """
            {"temperature": 0.5, "top_p": 0.9, "max_output_tokens": 300, "user": "u",
             "metadata": {"a": "b"}, "parallel_tool_calls": false, "truncation": "disabled",
             "reasoning": {"effort": "low", "summary": "auto"}, "tool_choice": "auto",
             "text": {"format": {"type": "text"}, "verbosity": "low"}}
            """);

    JsonObject response =
        response(request("compatible").mergeIn(settings), "compatible", Scenario.ok());

    settings.forEach(
        field -> assertThat(response.getValue(field.getKey())).isEqualTo(field.getValue()));
    assertThat(response.getBoolean("store")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"compatible", "claude", "google"})
  void aCustomToolIsAFunctionElsewhere(String backend) throws Exception {
    String patch = "*** Begin Patch\n+\"ü\"\n*** End Patch";
    JsonObject tool =
        new JsonObject(
            """
            {"type": "custom", "name": "apply_patch", "description": "Edits files",
             "format": {"type": "grammar", "syntax": "lark", "definition": "start: x"}}
            """);
    JsonObject request = request(backend).put("tools", JsonArray.of(tool));

    JsonObject response =
        response(
            request,
            backend,
            Scenario.of("tool-call")
                .toolCall("apply_patch", new JsonObject().put("input", patch).encode()));

    JsonArray output = response.getJsonArray("output");
    JsonObject call = item(response, output.size() - 1);
    assertThat(call.getString("type")).isEqualTo("custom_tool_call");
    assertThat(call.getString("input")).isEqualTo(patch);
    JsonObject sent = sandbox.calls(backend).get(0).body();
    assertThat(sent.encode()).contains("apply_patch", "start: x", "Edits files");

    sandbox.script(backend, Scenario.of("tool-loop"));
    JsonArray input = JsonArray.of(user("Hi")).addAll(output);
    input.add(
        new JsonObject()
            .put("type", "custom_tool_call_output")
            .put("call_id", call.getString("call_id"))
            .put("output", "Done!"));
    JsonObject next = generate(request.copy().put("input", input));
    assertThat(next.encode()).contains("The tool returned: ").contains("Done!");
  }

  @Test
  void imagesAreItemsOfTheirOwn() throws Exception {
    JsonObject response =
        response(request("compatible"), "compatible", Scenario.of("model-images-2"));

    assertThat(response.getJsonArray("output").stream().map(each -> type((JsonObject) each)))
        .contains("image_generation_call");
    JsonObject image = item(response, response.getJsonArray("output").size() - 1);
    assertThat(image.getString("result")).startsWith("iVBOR");
    JsonArray input = JsonArray.of(user("Hi")).addAll(response.getJsonArray("output"));
    sandbox.script("compatible", Scenario.ok());
    generate(request("compatible").put("input", input.add(user("Another one"))));
  }
}
