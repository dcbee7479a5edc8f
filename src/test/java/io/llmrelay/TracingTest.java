package io.llmrelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;
import static org.awaitility.Awaitility.await;

import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.observe.TracingListener;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.Scenario;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.json.JsonObject;
import io.vertx.tracing.opentelemetry.OpenTelemetryTracingFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The spans of requests in an application with vertx-opentelemetry. */
@Timeout(60)
class TracingTest {
  private static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");
  private static final AttributeKey<List<String>> FINISH_REASONS =
      AttributeKey.stringArrayKey("gen_ai.response.finish_reasons");

  private final RecordedSpans recorded = new RecordedSpans();
  private final List<SpanData> spans = recorded.spans;
  private final OpenTelemetrySdk sdk = recorded.sdk(Sampler.parentBased(Sampler.alwaysOn()));
  private final Vertx vertx =
      Vertx.builder().withTracer(new OpenTelemetryTracingFactory(sdk)).build();
  private RelayVerticle relay;
  private Sandbox sandbox;

  @BeforeEach
  void start() {
    sandbox = Sandbox.start(vertx).await();
    RelayOptions options = new RelayOptions().setGateway(new GatewayOptions().setPort(0));
    for (String name : List.of("primary", "secondary")) {
      options.addBackend(
          name,
          new BackendOptions()
              .setDialect("openai")
              .setBaseUrl(sandbox.backend(name))
              .setDefaultModel("mock-model"));
    }
    relay =
        new RelayVerticle(options)
            .addListener(new TracingListener(sdk, Map.of("primary", "mistral")));
    vertx.deployVerticle(relay).await();
  }

  @AfterEach
  void stop() {
    vertx.close().await();
    sdk.close();
  }

  /** Calls the relay within a span, which is current as long as the context is. */
  @SuppressWarnings("MustBeClosed")
  private ChatCompletion call(ChatRequest request) {
    LlmRelay client = LlmRelay.create(vertx);
    Promise<ChatCompletion> answer = Promise.promise();
    ContextInternal context = ((VertxInternal) vertx).createEventLoopContext().duplicate();
    context.runOnContext(
        v -> {
          Span caller = sdk.getTracer("test").spanBuilder("caller").startSpan();
          caller.makeCurrent();
          client.generate(request).onComplete(done -> caller.end()).onComplete(answer);
        });
    return answer.future().await();
  }

  private SpanData span(String name) {
    return recorded.get(name);
  }

  private boolean isBelow(SpanData span, SpanData ancestor) {
    SpanData current = span;
    while (current != null) {
      if (current.getSpanId().equals(ancestor.getSpanId())) {
        return true;
      }
      String parent = current.getParentSpanId();
      current =
          spans.stream().filter(other -> other.getSpanId().equals(parent)).findFirst().orElse(null);
    }
    return false;
  }

  private List<SpanData> http(SpanKind kind) {
    return spans.stream()
        .filter(span -> span.getKind() == kind)
        .filter(span -> span.getName().startsWith("POST"))
        .toList();
  }

  @Test
  void failoverOverTheEventBusIsOneTree() {
    call(
        ChatRequest.of(ChatMessage.user("Where is the parrot?"))
            .withCandidates("primary/mock-503", "secondary/mock-model"));
    await()
        .untilAsserted(
            () -> {
              assertThat(span("relay request")).isNotNull();
              assertThat(http(SpanKind.SERVER)).hasSize(2);
              assertThat(http(SpanKind.CLIENT)).hasSize(2);
            });
    SpanData request = span("relay request");
    SpanData failed = span("chat mock-503");
    assertThat(failed.getAttributes().get(FINISH_REASONS)).isNull();
    assertThat(span("chat mock-model").getAttributes().get(FINISH_REASONS)).containsExactly("stop");
    assertThat(request.getAttributes().get(FINISH_REASONS)).containsExactly("stop");
    SpanData served = span("chat mock-model");

    assertThat(isBelow(request, span("caller"))).isTrue();
    assertThat(failed.getParentSpanId()).isEqualTo(request.getSpanId());
    assertThat(served.getParentSpanId()).isEqualTo(request.getSpanId());
    assertThat(failed.getAttributes().get(ERROR)).isEqualTo("overloaded");
    assertThat(failed.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
    assertThat(failed.getAttributes().get(AttributeKey.longKey("http.response.status_code")))
        .isEqualTo(503);
    assertThat(failed.getAttributes().get(AttributeKey.stringKey("gen_ai.provider.name")))
        .isEqualTo("mistral_ai");
    assertThat(served.getAttributes().get(ERROR)).isNull();
    assertThat(served.getAttributes().get(AttributeKey.longKey("gen_ai.usage.output_tokens")))
        .isPositive();
    assertThat(request.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
    assertThat(request.getEvents()).extracting(event -> event.getName()).contains("fallback");
    // The sandbox's own spans are below the attempts: traceparent arrived there.
    for (SpanData attempt : List.of(failed, served)) {
      assertThat(http(SpanKind.SERVER)).filteredOn(span -> isBelow(span, attempt)).hasSize(1);
    }
    // The caller, two of its message, its stream, the request, and of each attempt itself and two
    // of its HTTP request; also its messages and stream in the profile without the short cut. None
    // per chunk.
    assertThat(spans).hasSize(5 + 2 * (Boolean.getBoolean("llmrelay.bus.always") ? 6 : 3));
    assertThat(spans.toString()).doesNotContain("parrot", "Hello");
  }

  /** Returns the spans of the attempts in their order. */
  private List<SpanData> attempts() {
    AttributeKey<Long> number = AttributeKey.longKey("llmrelay.attempt.number");
    return spans.stream()
        .filter(span -> span.getAttributes().get(number) != null)
        .sorted(Comparator.comparing(span -> span.getAttributes().get(number)))
        .toList();
  }

  @Test
  void aHedgeAndWhatItBeatsAreSiblings() throws Exception {
    sandbox.script("primary", Scenario.of("stall"));
    ChatRequest request = ChatRequest.of(ChatMessage.user("Hi"));
    request =
        ChatRequest.fromJson(request.toJson().put("relay", new JsonObject().put("hedge", "50ms")));
    assertThat(Seen.of(LlmRelay.create(vertx), request, true).backend()).isEqualTo("secondary");
    await().untilAsserted(() -> assertThat(span("relay request")).isNotNull());
    assertThat(attempts())
        .extracting(span -> span.getParentSpanId(), span -> span.getAttributes().get(ERROR))
        .containsExactly(
            tuple(span("relay request").getSpanId(), "hedged"),
            tuple(span("relay request").getSpanId(), null));
    assertThat(attempts().get(0).getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
  }

  @Test
  void theAttemptsOfAResumedAnswerAreSiblings() throws Exception {
    sandbox.script("primary", Scenario.of("reset-after-3").text("one two three four five"));
    sandbox.script("secondary", Scenario.ok().text("one three"));
    ChatRequest request = ChatRequest.of(ChatMessage.user("Hi"));
    request =
        ChatRequest.fromJson(
            request.toJson().put("relay", new JsonObject().put("resume", "verify")));
    Seen seen = Seen.of(LlmRelay.create(vertx), request, true);
    assertThat(seen.failure()).isNotNull();
    await().untilAsserted(() -> assertThat(span("relay request")).isNotNull());
    assertThat(attempts())
        .extracting(span -> span.getParentSpanId(), span -> span.getAttributes().get(ERROR))
        .containsExactly(
            tuple(span("relay request").getSpanId(), "network"),
            tuple(span("relay request").getSpanId(), "diverged"),
            tuple(span("relay request").getSpanId(), "network"));
    sandbox.script("secondary", Scenario.ok().text("one two three four five"));
    spans.clear();
    assertThat(Seen.of(LlmRelay.create(vertx), request, true).text())
        .isEqualTo("one two three four five");
    await().untilAsserted(() -> assertThat(span("relay request")).isNotNull());
    assertThat(span("relay request").getEvents())
        .extracting(event -> event.getName())
        .contains("resumed");
    assertThat(attempts())
        .extracting(span -> span.getAttributes().get(ERROR))
        .containsExactly("network", null);
  }

  @Test
  void requestOfTheGatewayIsBelowItsHttpRequest() throws Exception {
    String body =
        """
        {"model": "primary/mock-503", "stream": true,
         "messages": [{"role": "user", "content": "Hi"}],
         "relay": {"candidates": ["primary/mock-503"]}}
        """;
    URI uri = URI.create("http://127.0.0.1:" + relay.gatewayPort() + "/v1/chat/completions");
    HttpRequest http =
        HttpRequest.newBuilder(uri)
            .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
            .POST(BodyPublishers.ofString(body))
            .build();
    HttpClient.newHttpClient().send(http, BodyHandlers.ofString());
    await().untilAsserted(() -> assertThat(span("relay request")).isNotNull());
    SpanData request = span("relay request");
    assertThat(request.getTraceId()).isEqualTo("0af7651916cd43dd8448eb211c80319c");
    assertThat(request.getAttributes().get(ERROR)).isEqualTo("overloaded");
    assertThat(request.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
  }

  @Test
  void requestThatIsNotSampledRecordsNothingAndTellsTheBackend() throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + relay.gatewayPort() + "/v1/chat/completions");
    HttpRequest http =
        HttpRequest.newBuilder(uri)
            .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")
            .POST(
                BodyPublishers.ofString(
                    """
                    {"model": "primary/mock-503",
                     "messages": [{"role": "user", "content": "Hi"}],
                     "relay": {"candidates": ["primary/mock-503", "secondary/mock-model"]}}
                    """))
            .build();
    assertThat(HttpClient.newHttpClient().send(http, BodyHandlers.ofString()).statusCode())
        .isEqualTo(200);

    assertThat(sandbox.calls())
        .hasSize(2)
        .allSatisfy(
            call ->
                assertThat(call.headers().get("traceparent"))
                    .matches("00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-00"));
    assertThat(spans).isEmpty();
  }
}
