package io.llmrelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.config.TracingOptions;
import io.llmrelay.observe.TracingListener;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.Scenario;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.tracing.opentelemetry.OpenTelemetryTracingFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The content of requests and answers in spans: only where it is switched on, and bounded. */
@Timeout(60)
class TracingContentTest {
  private static final String ANSWER = "Dearest, the parrot is in Patagonia.";
  private static final List<String> SECRETS =
      List.of("butler", "parrot", "Patagonia", "get_cage", "Kingston", "aGVsbG8");
  private static final JsonObject REQUEST =
      new JsonObject(
          """
          {"model": "primary/mock-model", "messages": [
            {"role": "system", "content": "You are a \\"butler\\"."},
            {"role": "user", "content": [
              {"type": "text", "text": "Where is the parrot? \\uD83E\\uDD9C"},
              {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGVsbG8="}},
              {"type": "image_url", "image_url": {"url": "https://example.com/p.png"}}]},
            {"role": "assistant", "tool_calls": [{"id": "call_1", "type": "function",
              "function": {"name": "get_cage", "arguments": "{\\"town\\": \\"Kingston\\"}"}}]},
            {"role": "tool", "tool_call_id": "call_1", "content": "empty"}]}
          """);

  private final RecordedSpans recorded = new RecordedSpans();
  private final List<String> events = new CopyOnWriteArrayList<>();
  private OpenTelemetrySdk sdk;
  private Vertx vertx;
  private Sandbox sandbox;
  private RelayVerticle relay;

  private void start(Sampler sampler, TracingOptions tracing) {
    sdk = recorded.sdk(sampler);
    vertx = Vertx.builder().withTracer(new OpenTelemetryTracingFactory(sdk)).build();
    sandbox = Sandbox.start(vertx).await();
    sandbox.script("secondary", Scenario.ok().text(ANSWER));
    RelayOptions options =
        new RelayOptions().setGateway(new GatewayOptions().setPort(0)).setTracing(tracing);
    for (String name : List.of("primary", "secondary")) {
      options.addBackend(
          name,
          new BackendOptions()
              .setDialect("openai")
              .setBaseUrl(sandbox.backend(name))
              .setDefaultModel("mock-model"));
    }
    relay = new RelayVerticle(options).addListener(new TracingListener(sdk, Map.of()));
    vertx.deployVerticle(relay).await();
    vertx.eventBus().<JsonObject>consumer("llm.events", event -> events.add(event.body().encode()));
  }

  @AfterEach
  void stop() {
    vertx.close().await();
    sdk.close();
  }

  /** Asks the first backend, which fails, and the second one. */
  private void ask(JsonObject request) throws Exception {
    JsonObject body =
        request
            .copy()
            .put("stream", true)
            .put(
                "relay",
                new JsonObject()
                    .put("candidates", new JsonArray().add("primary/mock-503").add("secondary")));
    URI uri = URI.create("http://127.0.0.1:" + relay.gatewayPort() + "/v1/chat/completions");
    HttpRequest http =
        HttpRequest.newBuilder(uri).POST(BodyPublishers.ofString(body.encode())).build();
    String answer = HttpClient.newHttpClient().send(http, BodyHandlers.ofString()).body();
    assertThat(answer).contains("[DONE]");
    await().until(() -> events.stream().anyMatch(each -> each.contains("request_end")));
  }

  private SpanData attempt(String name) {
    await().until(() -> recorded.spans.stream().anyMatch(s -> s.getName().equals("relay request")));
    return recorded.get(name);
  }

  private static String json(SpanData span, String attribute) {
    return span.getAttributes().get(AttributeKey.stringKey(attribute));
  }

  @Test
  void recordedAttemptsHaveTheContentWhereItIsSwitchedOn() throws Exception {
    start(Sampler.alwaysOn(), new TracingOptions().setContent(true));
    ask(REQUEST);

    SpanData failed = attempt("chat mock-503");
    SpanData served = attempt("chat mock-model");
    for (SpanData each : List.of(failed, served)) {
      assertThat(new JsonArray(json(each, "gen_ai.system_instructions")))
          .isEqualTo(
              new JsonArray()
                  .add(
                      new JsonObject()
                          .put("type", "text")
                          .put("content", "You are a \"butler\".")));
      assertThat(new JsonArray(json(each, "gen_ai.input.messages")))
          .isEqualTo(
              new JsonArray(
                  """
                  [{"role": "user", "parts": [
                     {"type": "text", "content": "Where is the parrot? \\uD83E\\uDD9C"},
                     {"type": "blob", "modality": "image", "content": ""},
                     {"type": "uri", "modality": "image", "uri": "https://example.com/p.png"}]},
                   {"role": "assistant", "parts": [{"type": "tool_call", "id": "call_1",
                     "name": "get_cage", "arguments": {"town": "Kingston"}}]},
                   {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1",
                     "response": "empty"}]}]
                  """));
    }
    assertThat(new JsonArray(json(served, "gen_ai.output.messages")))
        .isEqualTo(
            new JsonArray()
                .add(
                    new JsonObject()
                        .put("role", "assistant")
                        .put(
                            "parts",
                            new JsonArray()
                                .add(new JsonObject().put("type", "text").put("content", ANSWER)))
                        .put("finish_reason", "stop")));
    assertThat(new JsonArray(json(failed, "gen_ai.output.messages")).getJsonObject(0))
        .isEqualTo(
            new JsonObject("{\"role\":\"assistant\",\"parts\":[],\"finish_reason\":\"error\"}"));
    // Nowhere else.
    recorded.spans.stream()
        .filter(span -> !span.getName().startsWith("chat "))
        .forEach(span -> assertThat(span.toString()).doesNotContain(SECRETS));
    assertThat(events).hasSizeGreaterThan(5).allSatisfy(e -> assertThat(e).doesNotContain(SECRETS));
  }

  @Test
  void attributesAreBoundedAndHaveTheNewestMessages() throws Exception {
    start(Sampler.alwaysOn(), new TracingOptions().setContent(true).setMaxContent(1_000));
    JsonArray messages = new JsonArray().add(message("system", "\\\"\u00fc".repeat(10_000)));
    for (int i = 0; i < 1_000; i++) {
      messages.add(message("user", "message " + i + " \u0001\ud83e\udd9c".repeat(20)));
    }
    ask(REQUEST.copy().put("messages", messages));

    SpanData served = attempt("chat mock-model");
    for (String attribute :
        List.of("gen_ai.system_instructions", "gen_ai.input.messages", "gen_ai.output.messages")) {
      assertThat(json(served, attribute)).hasSizeBetween(100, 1_000);
    }
    JsonArray input = new JsonArray(json(served, "gen_ai.input.messages"));
    assertThat(input.getJsonObject(input.size() - 1).encode()).contains("message 999 ");
    assertThat(new JsonArray(json(served, "gen_ai.system_instructions")).encode())
        .contains("\u2026");
  }

  private static JsonObject message(String role, String text) {
    return new JsonObject().put("role", role).put("content", text);
  }

  @Test
  void longAnswersAreCut() throws Exception {
    start(Sampler.alwaysOn(), new TracingOptions().setContent(true).setMaxContent(300));
    sandbox.script(
        "secondary", Scenario.ok().text("An \u00fcber\u00fcber long answer. ".repeat(500)));
    ask(REQUEST);
    String output = json(attempt("chat mock-model"), "gen_ai.output.messages");
    assertThat(output).hasSizeBetween(100, 300);
    assertThat(new JsonArray(output).encode()).contains("An \u00fcber", "\u2026", "stop");
  }

  @Test
  void nothingOfItIsRecordedByDefault() throws Exception {
    start(Sampler.alwaysOn(), new TracingOptions());
    ask(REQUEST);
    assertThat(attempt("chat mock-model").getAttributes().asMap().keySet())
        .extracting(AttributeKey::getKey)
        .contains("gen_ai.response.finish_reasons")
        .noneMatch(key -> key.endsWith(".messages") || key.contains("instructions"));
    assertThat(recorded.spans).allSatisfy(s -> assertThat(s.toString()).doesNotContain(SECRETS));
    assertThat(events).allSatisfy(event -> assertThat(event).doesNotContain(SECRETS));
  }

  @Test
  void requestsThatAreNotSampledRecordNothing() throws Exception {
    start(Sampler.alwaysOff(), new TracingOptions().setContent(true));
    ask(REQUEST);
    assertThat(recorded.spans).isEmpty();
  }
}
