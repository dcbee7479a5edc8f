package io.llmrelay.observe.impl;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.observe.RelayEvent;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What the meters of one request cost its event loop: a stream that one attempt served. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class MetricsBenchmark {
  private static final TokenUsage USAGE =
      new TokenUsage(812, 240, 0, 0, 0, TokenUsage.Source.PROVIDER);
  private static final Attempt ATTEMPT =
      new Attempt(
          "primary",
          "gpt-6",
          Attempt.Result.SERVED,
          null,
          null,
          200,
          null,
          1,
          900,
          210,
          USAGE,
          0.01,
          -1,
          null,
          null);

  private final MetricsListener listener =
      new MetricsListener(
          new PrometheusMeterRegistry(PrometheusConfig.DEFAULT), Map.of("primary", "openai"));

  @Benchmark
  public void request() {
    listener.onRequestStart(new RelayEvent.RequestStart("r", "fast", true, Map.of()));
    listener.onAttemptStart(new RelayEvent.AttemptStart("r", 1, "chat", "primary", "gpt-6"));
    listener.onFirstChunk(new RelayEvent.FirstChunk("r", "primary", "gpt-6", 211));
    listener.onAttemptEnd(
        new RelayEvent.AttemptEnd("r", 1, "chat", ATTEMPT, 200, FinishReason.STOP));
    listener.onRequestEnd(
        new RelayEvent.RequestEnd(
            "r",
            true,
            "fast",
            "primary",
            "gpt-6",
            FinishReason.STOP,
            null,
            USAGE,
            0.01,
            901,
            80,
            960,
            List.of(ATTEMPT),
            Map.of()));
  }
}
