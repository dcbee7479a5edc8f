package io.llmrelay.gateway.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.provider.VendorSchema;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers of other APIs as messages: streams and whole answers are the same. */
class TranslatedTest extends MessagesFixture {
  private static final String TEXT = "Grüße \"vom\" Relay:\n\t日本 🌍 \\o/";

  /** The message of a stream, which is also that of a whole answer. */
  private JsonObject message(JsonObject request, String backend, Scenario scenario)
      throws Exception {
    sandbox.script(backend, scenario);
    List<JsonObject> events = stream(request);
    assertValid(events);
    JsonObject streamed = accumulated(events);
    JsonObject whole = generate(request);
    VendorSchema.of("anthropic", "MessagesResponse").assertValid(whole.toBuffer());
    assertThat(withoutIds(whole)).isEqualTo(withoutIds(streamed));
    assertThat(whole.getString("id")).startsWith("msg_");
    return streamed;
  }

  /** Two answers differ in their ids, also those of tool calls that have none at the backend. */
  private static JsonObject withoutIds(JsonObject message) {
    JsonObject copy = message.copy();
    copy.remove("id");
    copy.getJsonArray("content").forEach(block -> ((JsonObject) block).remove("id"));
    return copy;
  }

  private static JsonObject block(JsonObject message, int index) {
    return message.getJsonArray("content").getJsonObject(index);
  }

  @ParameterizedTest
  @ValueSource(strings = {"compatible", "google"})
  void text(String backend) throws Exception {
    JsonObject message = message(request(backend), backend, Scenario.ok().text(TEXT).chunkSize(1));

    assertThat(message.getJsonArray("content"))
        .containsExactly(MessageJson.text().put("text", TEXT));
    assertThat(message.getString("stop_reason")).isEqualTo("end_turn");
    assertThat(message.getString("role")).isEqualTo("assistant");
    assertThat(message.getJsonObject("usage").getInteger("input_tokens")).isPositive();
    assertThat(message.getJsonObject("usage").getInteger("output_tokens")).isPositive();
  }

  @ParameterizedTest
  @ValueSource(strings = {"compatible", "google"})
  void toolCalls(String backend) throws Exception {
    JsonObject request = request(backend).put("tools", new JsonArray(TOOLS));

    JsonObject message =
        message(
            request,
            backend,
            Scenario.of("tool-calls")
                .text("I will look.")
                .toolCall("weather", "{\"city\":\"Oslo\"}")
                .toolCall("clock", "{}"));

    assertThat(message.getString("stop_reason")).isEqualTo("tool_use");
    assertThat(block(message, 0).getString("text")).isEqualTo("I will look.");
    assertThat(block(message, 1).getString("name")).isEqualTo("weather");
    assertThat(block(message, 1).getJsonObject("input"))
        .isEqualTo(new JsonObject().put("city", "Oslo"));
    assertThat(block(message, 2).getJsonObject("input")).isEmpty();
    assertThat(block(message, 1).getString("id"))
        .matches("[a-zA-Z0-9_-]+")
        .isNotEqualTo(block(message, 2).getString("id"));
  }

  @ParameterizedTest
  @CsvSource({"compatible, reasoning", "compatible, reasoning-details", "google, reasoning"})
  void thinking(String backend, String scenario) throws Exception {
    JsonObject request =
        request(backend)
            .put("thinking", new JsonObject().put("type", "enabled").put("budget_tokens", 2000));

    JsonObject message = message(request, backend, Scenario.of(scenario).text("Done."));

    assertThat(block(message, 0).getString("type")).isEqualTo("thinking");
    assertThat(block(message, 0).getString("thinking")).isNotEmpty();
    assertThat(block(message, 0).getString("signature")).startsWith("relay_");
    assertThat(message.getJsonArray("content").stream().map(each -> ((JsonObject) each)))
        .anySatisfy(each -> assertThat(each.getString("text")).isEqualTo("Done."));
  }

  @ParameterizedTest
  @CsvSource({
    "length, max_tokens",
    "refusal, refusal",
    "content-filter, refusal",
  })
  void ends(String scenario, String reason) throws Exception {
    JsonObject message =
        message(request("compatible"), "compatible", Scenario.of(scenario).text("No, I will not."));

    assertThat(message.getString("stop_reason")).isEqualTo(reason);
    assertThat(block(message, 0).getString("text")).isNotEmpty();
  }
}
