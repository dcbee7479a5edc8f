package io.llmrelay.observe.impl;

import static io.llmrelay.observe.impl.Samples.attempt;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.RelayEvent.CircuitState;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class MetricsListenerTest {
  private static final Map<String, String> PROVIDERS =
      Map.of("primary", "openai", "secondary", "gemini");
  private static final String USAGE = "gen_ai.client.inference.usage.";

  private final MeterRegistry registry = new SimpleMeterRegistry();
  private final Listeners listeners = listeners(registry);

  private static Listeners listeners(MeterRegistry registry) {
    return new Listeners(List.of(new MetricsListener(registry, PROVIDERS)));
  }

  private double count(String name, String... tags) {
    return registry.get(name).tags(tags).counter().count();
  }

  private Timer timer(String name, String... tags) {
    return registry.get(name).tags(tags).timer();
  }

  private double gauge(String name, String... tags) {
    return registry.get(name).tags(tags).gauge().value();
  }

  private void end(Attempt attempt) {
    end("chat", attempt);
  }

  private void end(String operation, Attempt attempt) {
    listeners.deliver(new RelayEvent.AttemptEnd("r1", 1, operation, attempt, 1, null));
  }

  private void unpriced(String backend, String model, Attempt.Result result, String reason) {
    end(attempt(backend, model, result, reason, -1, TokenUsage.NONE, null));
  }

  private void circuit(Listeners listeners, String name, CircuitState from, CircuitState to) {
    listeners.deliver(new RelayEvent.CircuitStateChange(name, from, to));
  }

  @Test
  void measuresAttempts() {
    Samples.EVENTS.forEach(listeners::deliver);
    String[] served = {
      "gen_ai.operation.name", "chat",
      "gen_ai.provider.name", "gcp.gemini",
      "backend", "secondary",
      "gen_ai.request.model", "m"
    };
    Timer duration = registry.get("gen_ai.client.inference.duration").tags(served).timer();
    assertThat(duration.count()).isEqualTo(1);
    assertThat(duration.totalTime(TimeUnit.SECONDS)).isEqualTo(2);
    assertThat(duration.getId().getTag("error.type")).isEqualTo("none");
    Timer first = timer("gen_ai.client.inference.time_to_first_chunk", served);
    assertThat(first.totalTime(TimeUnit.MILLISECONDS)).isEqualTo(300);
    assertThat(
            timer(
                    "gen_ai.client.inference.duration",
                    "gen_ai.provider.name",
                    "openai",
                    "backend",
                    "primary",
                    "error.type",
                    "server_error")
                .count())
        .isEqualTo(1);
    assertThat(count("llmrelay.attempts", "backend", "primary", "outcome", "failed")).isOne();
    assertThat(count("llmrelay.attempts", "backend", "secondary", "outcome", "served")).isOne();
    assertThat(count("llmrelay.cost", "backend", "secondary", "gen_ai.request.model", "m"))
        .isEqualTo(0.25);
    assertThat(registry.find("llmrelay.cost").counters()).hasSize(1);
    assertThat(registry.find("gen_ai.client.inference.time_to_first_chunk").timers()).hasSize(1);
  }

  @Test
  void measuresChunksAndTokensOfAttempts() {
    Samples.EVENTS.forEach(listeners::deliver);
    Timer chunk = timer("gen_ai.client.inference.time_per_output_chunk", "backend", "secondary");
    assertThat(chunk.count()).isOne();
    assertThat(chunk.totalTime(TimeUnit.MILLISECONDS)).isEqualTo((2000 - 300) / 17.0);
    String tokens = "gen_ai.client.inference.operation.";
    assertThat(registry.get(tokens + "input_tokens").summary().totalAmount()).isEqualTo(100);
    assertThat(registry.get(tokens + "output_tokens").summary().totalAmount()).isEqualTo(20);
    end(attempt("primary", "m", Attempt.Result.SERVED, null, 1, TokenUsage.estimate(40, 4), null));
    assertThat(registry.find(tokens + "input_tokens").summaries()).hasSize(1);
    assertThat(chunk.count()).isOne();
  }

  /** As the conventions want it: the usage of failed attempts is counted, but not distributed. */
  @Test
  void tokensOfFailedAttemptsAreOnlyCounted() {
    end(attempt("primary", "m", Attempt.Result.FAILED, "network", 1, Samples.USAGE, null));
    assertThat(count(USAGE + "output_tokens", "backend", "primary")).isEqualTo(20);
    assertThat(registry.find("gen_ai.client.inference.operation.output_tokens").summaries())
        .isEmpty();
  }

  @Test
  void embeddingsHaveMetersOfTheirOwn() {
    end(
        "embeddings",
        attempt("primary", "m", Attempt.Result.SERVED, null, 300, Samples.USAGE, null));
    String[] labels = {"gen_ai.operation.name", "embeddings", "backend", "primary"};
    assertThat(timer("gen_ai.client.embeddings.duration", labels).totalTime(TimeUnit.SECONDS))
        .isEqualTo(2);
    assertThat(
            registry
                .get("gen_ai.client.embeddings.operation.input_tokens")
                .tags(labels)
                .summary()
                .totalAmount())
        .isEqualTo(100);
    assertThat(count(USAGE + "input_tokens", labels)).isEqualTo(100);
    assertThat(registry.getMeters())
        .extracting(meter -> meter.getId().getName())
        .doesNotContain(
            "gen_ai.client.inference.duration",
            "gen_ai.client.inference.time_to_first_chunk",
            "gen_ai.client.inference.operation.input_tokens");
  }

  @Test
  void recordsOlderNamesWhereEnabled() {
    Samples.EVENTS.forEach(listeners::deliver);
    assertThat(registry.find("gen_ai.client.operation.duration").timers()).isEmpty();
    MeterRegistry older = new SimpleMeterRegistry();
    Listeners both = new Listeners(List.of(new MetricsListener(older, PROVIDERS, true)));
    Samples.EVENTS.forEach(both::deliver);
    for (String name : List.of("duration", "time_to_first_chunk", "time_per_output_chunk")) {
      assertThat(older.get("gen_ai.client.operation." + name).timer().count())
          .as(name)
          .isEqualTo(older.get("gen_ai.client.inference." + name).timer().count());
    }
    String usage = "gen_ai.client.token.usage";
    assertThat(older.get(usage).tag("gen_ai.token.type", "input").summary().totalAmount())
        .isEqualTo(100);
    assertThat(older.get(usage).tag("gen_ai.token.type", "output").summary().totalAmount())
        .isEqualTo(20);
  }

  @Test
  void countsTokens() {
    Samples.EVENTS.forEach(listeners::deliver);
    end(attempt("secondary", "m", Attempt.Result.SERVED, null, 1, Samples.USAGE, null));
    String[] tags = {
      "backend", "secondary", "source", "provider", "gen_ai.token.modality", "unknown"
    };
    assertThat(count(USAGE + "input_tokens", tags)).isEqualTo(200);
    assertThat(count(USAGE + "output_tokens", tags)).isEqualTo(40);
    assertThat(count(USAGE + "cache_read.input_tokens", tags)).isEqualTo(120);
    assertThat(count(USAGE + "cache_write.input_tokens", tags)).isEqualTo(20);
    assertThat(count(USAGE + "reasoning.output_tokens", tags)).isEqualTo(10);
    end(attempt("primary", "m", Attempt.Result.SERVED, null, 1, TokenUsage.estimate(40, 4), null));
    assertThat(count(USAGE + "input_tokens", "backend", "primary", "source", "estimated"))
        .isEqualTo(10);
    assertThat(registry.find(USAGE + "cache_read.input_tokens").counters()).hasSize(1);
  }

  @Test
  void countsRequestsByOutcome() {
    Samples.EVENTS.forEach(listeners::deliver);
    listeners.deliver(Samples.end(true, FailureKind.CANCELLED, List.of()));
    listeners.deliver(Samples.end(false, FailureKind.UNAVAILABLE, List.of(Samples.SKIPPED)));
    String name = "llmrelay.requests";
    assertThat(count(name, "outcome", "completed", "error.type", "none", "streaming", "true"))
        .isOne();
    assertThat(count(name, "outcome", "cancelled", "error.type", "cancelled")).isOne();
    assertThat(count(name, "outcome", "failed", "error.type", "unavailable", "streaming", "false"))
        .isOne();
    assertThat(
            timer("llmrelay.request.duration", "outcome", "completed").totalTime(TimeUnit.SECONDS))
        .isEqualTo(4);
    assertThat(
            timer("llmrelay.request.time_to_first_chunk", "backend", "secondary")
                .totalTime(TimeUnit.MILLISECONDS))
        .isEqualTo(1500);
    assertThat(count("llmrelay.skipped", "backend", "tired", "reason", "exhausted")).isEqualTo(2);
    assertThat(count("llmrelay.fallbacks", "reason", "server_error")).isOne();
  }

  @Test
  void wholeAnswersHaveNoFirstChunk() {
    RelayEvent.FirstChunk first = new RelayEvent.FirstChunk("r1", "secondary", "m", 9000);
    listeners.deliver(new RelayEvent.RequestStart("r1", null, false, Map.of()));
    listeners.deliver(first);
    assertThat(registry.find("llmrelay.request.time_to_first_chunk").timers()).isEmpty();
    listeners.deliver(Samples.end(false, null, List.of()));
    listeners.deliver(new RelayEvent.RequestStart("r1", null, true, Map.of()));
    listeners.deliver(first);
    assertThat(timer("llmrelay.request.time_to_first_chunk").count()).isOne();
  }

  @Test
  void showsWhatRuns() {
    RelayEvent start = new RelayEvent.RequestStart("r", null, true, Map.of());
    assertThat(gauge("llmrelay.requests.active", "streaming", "true")).isZero();
    listeners.deliver(start);
    listeners.deliver(start);
    listeners.deliver(new RelayEvent.RequestStart("r", null, false, Map.of()));
    assertThat(gauge("llmrelay.requests.active", "streaming", "true")).isEqualTo(2);
    assertThat(gauge("llmrelay.requests.active", "streaming", "false")).isEqualTo(1);
    listeners.deliver(Samples.end(true, null, List.of()));
    assertThat(gauge("llmrelay.requests.active", "streaming", "true")).isEqualTo(1);
  }

  @Test
  void showsCircuits() {
    String name = "llmrelay.circuit.state";
    circuit(listeners, "primary", CircuitState.CLOSED, CircuitState.OPEN);
    assertThat(gauge(name, "circuit", "primary", "state", "open")).isEqualTo(1);
    assertThat(gauge(name, "circuit", "primary", "state", "half_open")).isZero();
    circuit(listeners, "primary", CircuitState.OPEN, CircuitState.HALF_OPEN);
    assertThat(gauge(name, "circuit", "primary", "state", "open")).isZero();
    assertThat(gauge(name, "circuit", "primary", "state", "half_open")).isEqualTo(1);
    circuit(listeners, "primary", CircuitState.HALF_OPEN, CircuitState.CLOSED);
    assertThat(gauge(name, "circuit", "primary", "state", "half_open")).isZero();
  }

  @Test
  void listenersOfOneRegistryShareTheGauges() {
    Listeners other = listeners(registry);
    RelayEvent start = new RelayEvent.RequestStart("r", null, true, Map.of());
    listeners.deliver(start);
    other.deliver(start);
    assertThat(gauge("llmrelay.requests.active", "streaming", "true")).isEqualTo(2);
    circuit(listeners, "primary", CircuitState.CLOSED, CircuitState.OPEN);
    circuit(other, "primary", CircuitState.CLOSED, CircuitState.OPEN);
    assertThat(gauge("llmrelay.circuit.state", "state", "open")).isEqualTo(2);
    circuit(other, "primary", CircuitState.OPEN, CircuitState.HALF_OPEN);
    assertThat(gauge("llmrelay.circuit.state", "state", "open")).isEqualTo(1);
  }

  @Test
  void registriesDoNotMix() {
    listeners(new SimpleMeterRegistry())
        .deliver(new RelayEvent.RequestStart("r", null, true, Map.of()));
    assertThat(gauge("llmrelay.requests.active", "streaming", "true")).isZero();
  }

  @Test
  void cancelledAttemptsAreCalledThat() {
    unpriced("primary", "m", Attempt.Result.CANCELLED, null);
    assertThat(count("llmrelay.attempts", "outcome", "cancelled", "error.type", "cancelled"))
        .isOne();
  }

  @Test
  void boundsTheModels() {
    for (int i = 0; i < 1000; i++) {
      unpriced("primary", "model-" + i, Attempt.Result.FAILED, "timeout");
    }
    String name = "gen_ai.client.inference.duration";
    assertThat(registry.find(name).timers()).hasSize(Gauges.MAX_LABELS + 1);
    assertThat(timer(name, "gen_ai.request.model", "other").count())
        .isEqualTo(1000 - Gauges.MAX_LABELS);
    unpriced("primary", "model-0", Attempt.Result.FAILED, "timeout");
    assertThat(timer(name, "gen_ai.request.model", "model-0").count()).isEqualTo(2);
  }

  @Test
  void boundsTheCircuits() {
    for (int i = 0; i < 1000; i++) {
      circuit(listeners, "primary/" + i, CircuitState.CLOSED, CircuitState.OPEN);
    }
    assertThat(registry.find("llmrelay.circuit.state").tag("state", "open").gauges())
        .hasSize(Gauges.MAX_LABELS + 1);
    assertThat(gauge("llmrelay.circuit.state", "circuit", "other", "state", "open"))
        .isEqualTo(1000 - Gauges.MAX_LABELS);
  }

  @Test
  void unknownModelsUseNoLabel() {
    String name = "gen_ai.client.inference.duration";
    for (int i = 0; i < 1000; i++) {
      unpriced("primary", "typo-" + i, Attempt.Result.FAILED, "model_not_found");
    }
    assertThat(timer(name, "gen_ai.request.model", "other").count()).isEqualTo(1000);
    unpriced("primary", "m", Attempt.Result.SERVED, null);
    unpriced("primary", "m", Attempt.Result.FAILED, "model_not_found");
    assertThat(timer(name, "gen_ai.request.model", "m", "error.type", "none").count()).isOne();
    assertThat(timer(name, "gen_ai.request.model", "m", "error.type", "model_not_found").count())
        .isOne();
  }

  @Test
  void overlongModelsUseNoLabel() {
    unpriced("primary", "m".repeat(10_000), Attempt.Result.SERVED, null);
    assertThat(registry.getMeters())
        .flatExtracting(meter -> meter.getId().getTags())
        .allSatisfy(tag -> assertThat(tag.getValue()).hasSizeLessThan(201));
  }

  @Test
  void metersOfOneNameHaveTheSameLabels() {
    Samples.EVENTS.forEach(listeners::deliver);
    unpriced("unheard-of", null, Attempt.Result.CANCELLED, null);
    for (Meter meter : registry.getMeters()) {
      assertThat(registry.find(meter.getId().getName()).meters())
          .allSatisfy(
              other ->
                  assertThat(other.getId().getTags())
                      .extracting("key")
                      .isEqualTo(
                          meter.getId().getTags().stream().map(tag -> tag.getKey()).toList()));
    }
  }

  @Test
  void scrapesAsPrometheusWould() {
    PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Samples.EVENTS.forEach(listeners(prometheus)::deliver);
    assertThat(prometheus.scrape().lines())
        .contains(
            "llmrelay_cost_USD_total{backend=\"secondary\",gen_ai_request_model=\"m\"} 0.25",
            "llmrelay_requests_total{error_type=\"none\",outcome=\"completed\",streaming=\"true\"}"
                + " 1.0",
            "llmrelay_requests_active{streaming=\"true\"} 0.0",
            "llmrelay_circuit_state{circuit=\"primary\",state=\"open\"} 1.0",
            "llmrelay_request_duration_seconds_bucket"
                + "{outcome=\"completed\",streaming=\"true\",le=\"5.12\"} 1",
            "llmrelay_request_duration_seconds_bucket"
                + "{outcome=\"completed\",streaming=\"true\",le=\"2.56\"} 0",
            "llmrelay_request_duration_seconds_bucket"
                + "{outcome=\"completed\",streaming=\"true\",le=\"327.68\"} 1")
        .anyMatch(line -> line.startsWith("gen_ai_client_inference_duration_seconds_bucket{"))
        .anyMatch(line -> line.startsWith("gen_ai_client_inference_usage_input_tokens_total{"));
  }
}
