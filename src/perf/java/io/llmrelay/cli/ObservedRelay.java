package io.llmrelay.cli;

import io.llmrelay.RelayVerticle;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.observe.TracingListener;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.vertx.core.Vertx;
import io.vertx.core.VertxBuilder;
import io.vertx.core.VertxOptions;
import io.vertx.tracing.opentelemetry.OpenTelemetryTracingFactory;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Set;

/**
 * A relay to measure what observing it costs, with some of logs of requests, metrics and tracing.
 * The spans are batched as for a collector, and discarded.
 */
public final class ObservedRelay {
  private ObservedRelay() {}

  /**
   * Takes a configuration, a port, and what is on: some of {@code logs,metrics,tracing}, where
   * {@code tracing=0.05} samples one request in twenty and {@code tracing} every request.
   */
  public static void main(String[] args) {
    Logging.configure();
    Set<String> on = Set.of(args[2].split(","));
    RelayOptions options = RelayOptions.fromFile(Path.of(args[0]), Map.of());
    options.setGateway(new GatewayOptions().setPort(Integer.parseInt(args[1])));
    options.setLanes(Runtime.getRuntime().availableProcessors());
    options.getLogging().setRequests(on.contains("logs"));
    RelayVerticle relay = new RelayVerticle(options);
    VertxBuilder builder = Vertx.builder();
    if (on.contains("metrics")) {
      builder.with(RelayServer.vertxOptions()).withMetrics(ConnectionMetrics.factory());
    } else {
      builder.with(new VertxOptions().setPreferNativeTransport(true));
    }
    String tracing =
        on.stream().filter(each -> each.startsWith("tracing")).findFirst().orElse(null);
    if (tracing != null) {
      boolean all = tracing.equals("tracing");
      double share = all ? 1 : Double.parseDouble(tracing.substring("tracing=".length()));
      OpenTelemetrySdk sdk = sdk(Sampler.parentBased(Sampler.traceIdRatioBased(share)));
      builder.withTracer(new OpenTelemetryTracingFactory(sdk));
      relay.addListener(new TracingListener(sdk, Map.of()));
    }
    builder.build().deployVerticle(relay).await();
  }

  private static OpenTelemetrySdk sdk(Sampler sampler) {
    return OpenTelemetrySdk.builder()
        .setTracerProvider(
            SdkTracerProvider.builder()
                .setSampler(sampler)
                .addSpanProcessor(BatchSpanProcessor.builder(new Discard()).build())
                .build())
        .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
        .build();
  }

  private static final class Discard implements SpanExporter {
    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
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
