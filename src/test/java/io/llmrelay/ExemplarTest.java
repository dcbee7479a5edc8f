package io.llmrelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.observe.TracingListener;
import io.llmrelay.sandbox.Sandbox;
import io.micrometer.core.instrument.Clock;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.tracer.otel.OpenTelemetrySpanContext;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.micrometer.MicrometerMetricsFactory;
import io.vertx.micrometer.MicrometerMetricsOptions;
import io.vertx.tracing.opentelemetry.OpenTelemetryTracingFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The meters of a traced request lead to its spans, if the registry knows the current span. */
@Timeout(60)
class ExemplarTest {
  private static final Pattern EXEMPLAR =
      Pattern.compile("(?m)^(\\w+)\\{(.*?)} \\S+ # \\{(.*?)} .*$");

  private final List<SpanData> spans = new CopyOnWriteArrayList<>();
  private final OpenTelemetrySdk sdk =
      OpenTelemetrySdk.builder()
          .setTracerProvider(
              SdkTracerProvider.builder()
                  .addSpanProcessor(SimpleSpanProcessor.create(new Exporter()))
                  .build())
          .build();
  private Vertx vertx;
  private RelayVerticle relay;

  @BeforeEach
  void start() {
    PrometheusMeterRegistry registry =
        new PrometheusMeterRegistry(
            PrometheusConfig.DEFAULT,
            new PrometheusRegistry(),
            Clock.SYSTEM,
            new OpenTelemetrySpanContext());
    vertx =
        Vertx.builder()
            .with(
                new VertxOptions()
                    .setMetricsOptions(new MicrometerMetricsOptions().setEnabled(true)))
            .withMetrics(new MicrometerMetricsFactory(registry))
            .withTracer(new OpenTelemetryTracingFactory(sdk))
            .build();
    Sandbox sandbox = Sandbox.start(vertx).await();
    RelayOptions options = new RelayOptions().setGateway(new GatewayOptions().setPort(0));
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
  }

  @AfterEach
  void stop() {
    vertx.close().await();
    sdk.close();
  }

  private HttpResponse<String> send(HttpRequest.Builder request, String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + relay.gatewayPort() + path);
    return HttpClient.newHttpClient().send(request.uri(uri).build(), BodyHandlers.ofString());
  }

  private SpanData span(String name) {
    return spans.stream().filter(span -> span.getName().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void metersOfAttemptsAndRequestsHaveExemplars() throws Exception {
    String body =
        """
        {"stream": true, "messages": [{"role": "user", "content": "Hi"}],
         "relay": {"candidates": ["primary/mock-stall", "secondary/mock-model"],
                   "timeouts": {"first-chunk": "300ms"}}}
        """;
    send(HttpRequest.newBuilder().POST(BodyPublishers.ofString(body)), "/v1/chat/completions");
    await().untilAsserted(() -> assertThat(span("relay request").hasEnded()).isTrue());
    HttpResponse<String> scrape =
        send(
            HttpRequest.newBuilder().header("accept", "application/openmetrics-text; q=0.9"),
            "/metrics");
    assertThat(scrape.headers().firstValue("content-type").orElseThrow())
        .startsWith("application/openmetrics-text");
    assertThat(scrape.body()).endsWith("# EOF\n");

    String attempts = "gen_ai_client_inference_duration_seconds_bucket";
    // One that a timer ended, and one that its backend did.
    assertThat(exemplar(scrape.body(), attempts, "error_type=\"timeout\""))
        .contains("trace_id=\"" + span("chat mock-stall").getTraceId())
        .contains("span_id=\"" + span("chat mock-stall").getSpanId());
    assertThat(exemplar(scrape.body(), attempts, "backend=\"secondary\""))
        .contains("span_id=\"" + span("chat mock-model").getSpanId());
    for (String meter :
        List.of("llmrelay_request_duration_seconds_bucket", "llmrelay_requests_total")) {
      assertThat(exemplar(scrape.body(), meter, "outcome=\"completed\""))
          .contains("span_id=\"" + span("relay request").getSpanId());
    }
    String text = send(HttpRequest.newBuilder(), "/metrics").body();
    assertThat(text).contains(attempts).doesNotContain("trace_id");
  }

  private static String exemplar(String scrape, String meter, String label) {
    List<MatchResult> found =
        EXEMPLAR
            .matcher(scrape)
            .results()
            .filter(each -> each.group(1).equals(meter) && each.group(2).contains(label))
            .toList();
    assertThat(found).as(meter + " " + label + " in " + scrape).isNotEmpty();
    return found.get(0).group(3);
  }

  private final class Exporter implements SpanExporter {
    @Override
    public CompletableResultCode export(Collection<SpanData> ended) {
      spans.addAll(ended);
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode flush() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
      return CompletableResultCode.ofSuccess();
    }
  }
}
