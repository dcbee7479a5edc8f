package io.llmrelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.observe.TracingListener;
import io.llmrelay.sandbox.Sandbox;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status.StatusCode;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.tracing.opentelemetry.OpenTelemetryTracingFactory;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a collector gets of a failover: OTLP over HTTP, read with OpenTelemetry's own messages. */
@Timeout(60)
class CollectorTest {
  private final List<Span> spans = new CopyOnWriteArrayList<>();
  private final Vertx collectorVertx = Vertx.vertx();
  private OpenTelemetrySdk sdk;
  private Vertx vertx;

  @BeforeEach
  void start() {
    HttpServer collector =
        collectorVertx.createHttpServer().requestHandler(this::collect).listen(0).await();
    OtlpHttpSpanExporter exporter =
        OtlpHttpSpanExporter.builder()
            .setEndpoint("http://127.0.0.1:" + collector.actualPort() + "/v1/traces")
            .build();
    sdk =
        OpenTelemetrySdk.builder()
            .setTracerProvider(
                SdkTracerProvider.builder()
                    .addSpanProcessor(BatchSpanProcessor.builder(exporter).build())
                    .build())
            .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
            .build();
    vertx = Vertx.builder().withTracer(new OpenTelemetryTracingFactory(sdk)).build();
    Sandbox sandbox = Sandbox.start(vertx).await();
    RelayOptions options = new RelayOptions();
    for (String name : List.of("primary", "secondary")) {
      options.addBackend(
          name,
          new BackendOptions()
              .setDialect("openai")
              .setBaseUrl(sandbox.backend(name))
              .setDefaultModel("mock-model"));
    }
    vertx
        .deployVerticle(new RelayVerticle(options).addListener(new TracingListener(sdk, Map.of())))
        .await();
  }

  @AfterEach
  void stop() {
    vertx.close().await();
    sdk.close();
    collectorVertx.close().await();
  }

  private void collect(HttpServerRequest request) {
    assertThat(request.path()).isEqualTo("/v1/traces");
    assertThat(request.getHeader("content-type")).isEqualTo("application/x-protobuf");
    request
        .body()
        .onSuccess(
            body -> {
              try {
                ExportTraceServiceRequest.parseFrom(body.getBytes()).getResourceSpansList().stream()
                    .flatMap(resource -> resource.getScopeSpansList().stream())
                    .forEach(scope -> spans.addAll(scope.getSpansList()));
                request.response().putHeader("content-type", "application/x-protobuf").end();
              } catch (InvalidProtocolBufferException e) {
                request.response().setStatusCode(400).end();
              }
            });
  }

  @Test
  void failoverOverTheEventBusIsOneTree() {
    JsonObject request =
        new JsonObject()
            .put(
                "messages",
                new JsonArray()
                    .add(new JsonObject().put("role", "user").put("content", "Where is it?")))
            .put(
                "relay",
                new JsonObject()
                    .put(
                        "candidates",
                        new JsonArray().add("primary/mock-503").add("secondary/mock-model")));
    vertx.eventBus().request("llm.generate", request).await();
    await()
        .untilAsserted(
            () -> {
              sdk.getSdkTracerProvider().forceFlush();
              assertThat(tree())
                  .isEqualTo(
                      """
                      relay request
                        chat mock-503 !overloaded
                          POST CLIENT
                            POST SERVER
                        chat mock-model
                          POST CLIENT
                            POST SERVER
                      """);
            });
    assertThat(spans.stream().map(Span::getTraceId).distinct()).hasSize(1);
    assertThat(spans.toString()).doesNotContain("Where is it?", "Hello");
    Map<String, Object> served = attributes("chat mock-model");
    assertThat(served)
        .containsEntry("gen_ai.operation.name", "chat")
        .containsEntry("gen_ai.request.model", "mock-model")
        .containsEntry("gen_ai.request.stream", true)
        .containsEntry("llmrelay.attempt.number", 2L)
        .containsEntry("llmrelay.backend", "secondary")
        .containsKeys("gen_ai.usage.input_tokens", "gen_ai.response.time_to_first_chunk");
    assertThat(attributes("relay request"))
        .containsEntry("gen_ai.response.finish_reasons", List.of("stop"))
        .containsEntry("gen_ai.response.model", "mock-model");
  }

  private Map<String, Object> attributes(String name) {
    Span span =
        spans.stream().filter(each -> each.getName().equals(name)).findFirst().orElseThrow();
    return span.getAttributesList().stream()
        .collect(Collectors.toMap(KeyValue::getKey, each -> value(each.getValue())));
  }

  private static Object value(AnyValue value) {
    return switch (value.getValueCase()) {
      case STRING_VALUE -> value.getStringValue();
      case BOOL_VALUE -> value.getBoolValue();
      case INT_VALUE -> value.getIntValue();
      case DOUBLE_VALUE -> value.getDoubleValue();
      case ARRAY_VALUE ->
          value.getArrayValue().getValuesList().stream().map(CollectorTest::value).toList();
      default -> throw new AssertionError(value);
    };
  }

  /** Returns the spans, each below its parent, in the order of their starts; none of the bus. */
  private String tree() {
    Map<Long, Span> byStart = new TreeMap<>();
    for (Span span : spans) {
      long start = span.getStartTimeUnixNano();
      while (byStart.containsKey(start)) {
        start++;
      }
      byStart.put(start, span);
    }
    StringBuilder text = new StringBuilder();
    ByteString root = ByteString.EMPTY;
    append(text, "", root, List.copyOf(byStart.values()));
    return text.toString();
  }

  private static void append(StringBuilder text, String indent, ByteString parent, List<Span> all) {
    for (Span span : all) {
      if (span.getParentSpanId().equals(parent)) {
        boolean message =
            span.getName().equals("stream")
                || span.getAttributesList().stream()
                    .anyMatch(attribute -> attribute.getKey().startsWith("messaging."));
        if (!message) {
          text.append(indent).append(describe(span)).append('\n');
        }
        append(text, message ? indent : indent + "  ", span.getSpanId(), all);
      }
    }
  }

  private static String describe(Span span) {
    String kind = span.getKind().name().replace("SPAN_KIND_", "");
    String name = span.getName().startsWith("POST") ? "POST " + kind : span.getName();
    String error =
        span.getAttributesList().stream()
            .filter(attribute -> attribute.getKey().equals("error.type"))
            .map(attribute -> " !" + attribute.getValue().getStringValue())
            .collect(Collectors.joining());
    assertThat(span.getStatus().getCode() == StatusCode.STATUS_CODE_ERROR || error.isEmpty())
        .as(name)
        .isTrue();
    return span.getName().startsWith("POST") ? name : name + error;
  }
}
