package io.llmrelay.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.LlmRelay;
import io.llmrelay.RelayVerticle;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A conversation with tools whose turns are served by different vendors, through the gateway. The
 * client sends back what it was sent, as clients do; each backend of the sandbox rejects what its
 * vendor rejects.
 */
class ConversationTest extends HttpFixture {
  private static final String TOOLS =
      """
      [{"type": "function", "function": {"name": "weather", "description": "Weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}},
          "required": ["city"], "additionalProperties": false}}},
       {"type": "function", "function": {"name": "clock", "parameters": {"type": "object",
          "properties": {"zone": {"type": ["string", "null"]}}, "additionalProperties": false}}}]
      """;

  private final HttpClient client = HttpClient.newHttpClient();
  private final JsonArray messages = new JsonArray();
  private Sandbox sandbox;

  @BeforeEach
  public void start() {
    sandbox = Sandbox.start(vertx).await();
    RelayOptions options =
        new RelayOptions()
            .addBackend("broken", backend("openai", sandbox.backend("broken"), "m"))
            .addBackend(
                "claude",
                backend("anthropic", sandbox.anthropicBackend("claude"), "claude-sonnet-4-5"))
            .addBackend(
                "google", backend("gemini", sandbox.backend("gemini", "google"), "gemini-3-pro"))
            .addBackend("compatible", backend("openai", sandbox.backend("compatible"), "m"));
    vertx.deployVerticle(new RelayVerticle(options)).await();
    GatewayVerticle gateway =
        new GatewayVerticle(new GatewayOptions().setPort(0), LlmRelay.create(vertx));
    vertx.deployVerticle(gateway).await();
    port = gateway.actualPort();
    messages.add(new JsonObject().put("role", "system").put("content", "Use the tools."));
    messages.add(new JsonObject().put("role", "user").put("content", "Weather in Oslo and Rome?"));
  }

  private static BackendOptions backend(String dialect, String url, String model) {
    return new BackendOptions()
        .setDialect(dialect)
        .setBaseUrl(url)
        .setApiKey("k")
        .setModels(List.of(model));
  }

  /** One turn, after a first candidate that fails as {@code fault} says. */
  private JsonObject turn(boolean streaming, String fault, String backend, Scenario answer)
      throws Exception {
    sandbox.script("broken", Scenario.of(fault));
    sandbox.script(backend, answer);
    JsonObject relay =
        new JsonObject()
            .put("candidates", JsonArray.of("broken", backend))
            .put("commit", "tool-calls");
    JsonObject body =
        new JsonObject()
            .put("model", "any")
            .put("messages", messages)
            .put("tools", new JsonArray(TOOLS))
            .put("reasoning_effort", "medium")
            .put("max_tokens", 8000)
            .put("stream", streaming)
            .put("relay", relay);
    HttpResponse<String> response =
        client.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/chat/completions"))
                .POST(HttpRequest.BodyPublishers.ofString(body.encode()))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(response.headers().firstValue("x-relay-backend")).contains(backend);
    assertThat(response.headers().firstValue("x-relay-attempts")).contains("2");
    JsonObject choice =
        streaming
            ? accumulated(response.body())
            : new JsonObject(response.body()).getJsonArray("choices").getJsonObject(0);
    JsonObject message = choice.getJsonObject("message");
    messages.add(message);
    JsonArray calls = message.getJsonArray("tool_calls");
    assertThat(choice.getString("finish_reason")).isEqualTo(calls == null ? "stop" : "tool_calls");
    if (calls != null) {
      for (int i = calls.size() - 1; i >= 0; i--) { // Clients need not keep the order.
        result(calls.getJsonObject(i));
      }
    }
    return message;
  }

  private void result(JsonObject call) {
    messages.add(
        new JsonObject()
            .put("role", "tool")
            .put("tool_call_id", call.getString("id"))
            .put("content", "result of " + call.getJsonObject("function").getString("arguments")));
  }

  /** Puts a stream together as clients do: calls by index, arrays one after the other. */
  private static JsonObject accumulated(String body) {
    JsonObject message = new JsonObject().put("role", "assistant").put("content", "");
    Map<Integer, JsonObject> calls = new TreeMap<>();
    String finish = null;
    for (String line : body.lines().filter(each -> each.startsWith("data: {")).toList()) {
      JsonObject event = new JsonObject(line.substring(6));
      assertThat(event.containsKey("error")).as(line).isFalse();
      JsonObject choice = event.getJsonArray("choices").getJsonObject(0);
      finish = choice.getString("finish_reason");
      JsonObject delta = choice.getJsonObject("delta");
      for (String field : List.of("content", "reasoning_content")) {
        if (delta.getValue(field) != null) {
          message.put(field, message.getString(field, "") + delta.getString(field));
        }
      }
      if (delta.getValue("reasoning_details") != null) {
        JsonArray details = message.getJsonArray("reasoning_details", new JsonArray());
        message.put("reasoning_details", details.addAll(delta.getJsonArray("reasoning_details")));
      }
      for (Object each : delta.getJsonArray("tool_calls", new JsonArray())) {
        JsonObject call = (JsonObject) each;
        JsonObject known = calls.get(call.getInteger("index"));
        if (known == null) {
          assertThat(call.getString("id")).isNotEmpty();
          calls.put(call.getInteger("index"), call);
        } else {
          JsonObject function = known.getJsonObject("function");
          function.put(
              "arguments",
              function.getString("arguments")
                  + call.getJsonObject("function").getString("arguments"));
        }
      }
    }
    if (!calls.isEmpty()) {
      message.put("tool_calls", new JsonArray(List.copyOf(calls.values())));
    }
    return new JsonObject().put("message", message).put("finish_reason", finish);
  }

  private static List<String> calls(JsonObject message) {
    return message.getJsonArray("tool_calls").stream()
        .map(call -> ((JsonObject) call).getJsonObject("function"))
        .map(f -> f.getString("name") + new JsonObject(f.getString("arguments")).encode())
        .toList();
  }

  @Test
  void aBrokenCallNeverEndsCleanly() throws Exception {
    sandbox.script("compatible", Scenario.of("tool-call-broken"));
    JsonObject body =
        new JsonObject()
            .put("messages", messages)
            .put("tools", new JsonArray(TOOLS))
            .put("stream", true)
            .put("relay", new JsonObject().put("candidates", JsonArray.of("compatible")));
    try (Socket socket = connect()) {
      byte[] bytes = body.toBuffer().getBytes();
      write(
          socket,
          "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
              + bytes.length
              + "\r\n\r\n"
              + body.encode());
      String answer = new String(socket.getInputStream().readAllBytes(), UTF_8);
      assertThat(answer)
          .contains("\"tool_calls\"", "\"error\"", "malformed_tool_call")
          .doesNotContain("[DONE]", "\"finish_reason\":\"", "\r\n0\r\n");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void thinkingBetweenCallsComesBackInItsPlace(boolean streaming) throws Exception {
    JsonObject first =
        turn(
            streaming,
            "503",
            "claude",
            Scenario.of("tool-calls-reasoning-3-interleaved")
                .text("I will look.")
                .toolCall("weather", "{\"city\":\"Oslo\"}")
                .toolCall("weather", "{\"city\":\"Rome\"}")
                .toolCall("clock", "{}"));
    assertThat(calls(first)).hasSize(3);
    assertThat(first.getJsonArray("reasoning_details")).hasSize(3);

    turn(streaming, "503", "claude", Scenario.ok().text("Rain in both."));
    JsonArray sent =
        sandbox
            .calls("claude")
            .get(1)
            .body()
            .getJsonArray("messages")
            .getJsonObject(1)
            .getJsonArray("content");
    assertThat(sent.stream().map(block -> ((JsonObject) block).getString("type")))
        .containsExactly(
            "thinking", "text", "tool_use", "thinking", "tool_use", "thinking", "tool_use");
    assertThat(sent.stream().map(block -> ((JsonObject) block).getString("signature")))
        .filteredOn(Objects::nonNull)
        .hasSize(3)
        .doesNotHaveDuplicates();
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
    JsonObject first =
        turn(
            streaming,
            fault,
            "claude",
            Scenario.of("tool-calls-reasoning-3")
                .text("I will look.")
                .toolCall("weather", "{\"city\":\"Oslo\"}")
                .toolCall("weather", "{\"city\":\"Rome\"}"));
    assertThat(calls(first))
        .containsExactly("weather{\"city\":\"Oslo\"}", "weather{\"city\":\"Rome\"}");
    assertThat(first.getString("content")).isEqualTo("I will look.");
    assertThat(first.getJsonArray("reasoning_details").encode()).contains("signature");

    JsonObject second =
        turn(streaming, fault, "google", Scenario.of("tool-call").toolCall("clock", "{}"));
    assertThat(calls(second)).containsExactly("clock{}");
    assertThat(second.encode()).contains("thought_signature");

    JsonObject third =
        turn(
            streaming,
            fault,
            "compatible",
            Scenario.of("tool-call").toolCall("clock", "{\"zone\":\"Europe/Rome\"}"));
    assertThat(calls(third)).containsExactly("clock{\"zone\":\"Europe/Rome\"}");

    JsonObject fourth = turn(streaming, fault, "claude", Scenario.ok().text("Rain in both."));
    assertThat(fourth.getString("content")).isEqualTo("Rain in both.");
    String sent = sandbox.calls("claude").get(1).body().encode();
    assertThat(sent).contains("\"signature\"", "result of {\\\"city\\\":\\\"Oslo\\\"}");
  }
}
