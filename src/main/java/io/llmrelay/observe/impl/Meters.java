package io.llmrelay.observe.impl;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.DoubleStream;

/**
 * The meters by name, each with its labels. Those named {@code gen_ai} follow OpenTelemetry's
 * semantic conventions for generative AI, which are in development; to them one call of one model
 * is an inference or embeddings, which is an attempt here. Those of older versions are {@code null}
 * unless enabled.
 */
final class Meters {
  private static final String ERROR = "error.type";
  private static final String BACKEND = "backend";
  private static final String MODEL = "gen_ai.request.model";

  /** The labels of meters about an attempt's model. */
  private static final String[] INFERENCE = {
    "gen_ai.operation.name", "gen_ai.provider.name", BACKEND, MODEL
  };

  /**
   * The buckets of the conventions, powers of two from 10 ms to 82 s, and two above, since answers
   * may take minutes.
   */
  private static final Duration[] SECONDS =
      DoubleStream.iterate(10, millis -> millis < 400_000, millis -> millis * 2)
          .mapToObj(millis -> Duration.ofMillis((long) millis))
          .toArray(Duration[]::new);

  /** The buckets of the conventions for tokens, powers of four. */
  private static final double[] TOKENS =
      DoubleStream.iterate(1, tokens -> tokens < 1e8, tokens -> tokens * 4).toArray();

  private final MeterRegistry registry;

  final Family<Timer> inferenceDuration;
  final Family<Timer> inferenceFirstChunk;
  final Family<Timer> inferenceChunk;
  final Family<Timer> embeddingsDuration;
  final Family<DistributionSummary> embeddingsInputTokens;
  final Family<DistributionSummary> operationInputTokens;
  final Family<DistributionSummary> operationOutputTokens;
  final Family<Timer> olderDuration;
  final Family<Timer> olderFirstChunk;
  final Family<Timer> olderChunk;
  final Family<DistributionSummary> olderTokens;
  final Family<Counter> inputTokens;
  final Family<Counter> outputTokens;
  final Family<Counter> cacheReadTokens;
  final Family<Counter> cacheWriteTokens;
  final Family<Counter> reasoningTokens;
  final Family<Counter> attempts;
  final Family<Counter> keyAttempts;
  final Family<Counter> affinity;
  final Family<Counter> shadowAttempts;
  final Family<Counter> shadowCost;
  final Family<Counter> cost;
  final Family<Counter> skipped;
  final Family<Counter> saturated;
  final Family<Counter> probes;
  final Family<Counter> fallbacks;
  final Family<Counter> resumes;
  final Family<Counter> requests;
  final Family<Counter> refused;
  final Family<Timer> requestDuration;
  final Family<Timer> requestFirstChunk;

  Meters(MeterRegistry registry, boolean olderNames) {
    this.registry = registry;
    inferenceDuration =
        timer("gen_ai.client.inference.duration", "Duration of an attempt", and(INFERENCE, ERROR));
    inferenceFirstChunk =
        timer(
            "gen_ai.client.inference.time_to_first_chunk",
            "From the start of an attempt to its first chunk",
            INFERENCE);
    inferenceChunk =
        timer(
            "gen_ai.client.inference.time_per_output_chunk",
            "Mean time between the chunks of an attempt",
            INFERENCE);
    embeddingsDuration =
        timer(
            "gen_ai.client.embeddings.duration",
            "Duration of an attempt at embeddings",
            and(INFERENCE, ERROR));
    embeddingsInputTokens =
        distribution(
            "gen_ai.client.embeddings.operation.input_tokens",
            "Input tokens of embeddings, as the provider counted them",
            INFERENCE);
    operationInputTokens =
        distribution(
            "gen_ai.client.inference.operation.input_tokens",
            "Input tokens of a successful attempt, as the provider counted them",
            INFERENCE);
    operationOutputTokens =
        distribution(
            "gen_ai.client.inference.operation.output_tokens",
            "Output tokens of a successful attempt, as the provider counted them",
            INFERENCE);
    String older = "gen_ai.client.operation.";
    olderDuration =
        olderNames
            ? timer(older + "duration", "Duration of an attempt", and(INFERENCE, ERROR))
            : null;
    olderFirstChunk =
        olderNames
            ? timer(older + "time_to_first_chunk", "Time to an attempt's first chunk", INFERENCE)
            : null;
    olderChunk =
        olderNames
            ? timer(older + "time_per_output_chunk", "Mean time between chunks", INFERENCE)
            : null;
    olderTokens =
        olderNames
            ? distribution(
                "gen_ai.client.token.usage",
                "Tokens of an attempt",
                and(INFERENCE, "gen_ai.token.type"))
            : null;
    inputTokens = tokens("input_tokens", "Tokens of the prompts, cached ones included");
    outputTokens = tokens("output_tokens", "Tokens of the answers, reasoning included");
    cacheReadTokens =
        tokens("cache_read.input_tokens", "Input tokens read from the provider's cache");
    cacheWriteTokens =
        tokens("cache_write.input_tokens", "Input tokens written to the provider's cache");
    reasoningTokens = tokens("reasoning.output_tokens", "Output tokens that were reasoning");
    attempts = counter("llmrelay.attempts", "Attempts", null, BACKEND, "outcome", ERROR);
    keyAttempts =
        counter(
            "llmrelay.key.attempts",
            "Attempts at backends with several keys",
            null,
            BACKEND,
            "key",
            "outcome",
            ERROR);
    affinity =
        counter(
            "llmrelay.affinity",
            "Attempts of conversations, where they are attached or elsewhere",
            null,
            BACKEND,
            "source",
            "result");
    shadowAttempts =
        counter(
            "llmrelay.shadow.attempts",
            "Copies of requests whose answers were discarded",
            null,
            BACKEND,
            MODEL,
            "outcome",
            ERROR);
    shadowCost =
        counter("llmrelay.shadow.cost", "Cost of the copies of requests", "USD", BACKEND, MODEL);
    cost = counter("llmrelay.cost", "Cost of the attempts", "USD", BACKEND, MODEL);
    skipped = counter("llmrelay.skipped", "Candidates not tried", null, BACKEND, "reason");
    saturated =
        counter(
            "llmrelay.saturated", "Candidates skipped without a free connection", null, BACKEND);
    probes = counter("llmrelay.probes", "Probes of backends at rest", null, BACKEND, ERROR);
    fallbacks = counter("llmrelay.fallbacks", "Fallbacks to another candidate", null, "reason");
    resumes = counter("llmrelay.resumes", "Broken answers that continued", null, "reason");
    requests = counter("llmrelay.requests", "Requests", null, "outcome", ERROR, "streaming");
    refused =
        counter(
            "llmrelay.requests.refused",
            "Requests that the gateway refused before any attempt",
            null,
            "reason",
            "status");
    requestDuration =
        timer(
            "llmrelay.request.duration",
            "Duration of a request, failover included",
            new String[] {"outcome", "streaming"});
    requestFirstChunk =
        timer(
            "llmrelay.request.time_to_first_chunk",
            "From the start of a request to its first chunk, failover included",
            new String[] {BACKEND});
  }

  private Family<Counter> tokens(String name, String description) {
    return counter(
        "gen_ai.client.inference.usage." + name,
        description,
        null,
        and(INFERENCE, "gen_ai.token.modality", "source"));
  }

  private Family<Counter> counter(String name, String description, String unit, String... labels) {
    return new Family<>(
        Counter.builder(name).description(description).baseUnit(unit).withRegistry(registry),
        labels);
  }

  private Family<DistributionSummary> distribution(
      String name, String description, String[] labels) {
    return new Family<>(
        DistributionSummary.builder(name)
            .description(description)
            .serviceLevelObjectives(TOKENS)
            .withRegistry(registry),
        labels);
  }

  private Family<Timer> timer(String name, String description, String[] labels) {
    return new Family<>(
        Timer.builder(name)
            .description(description)
            .serviceLevelObjectives(SECONDS)
            .withRegistry(registry),
        labels);
  }

  private static String[] and(String[] labels, String... more) {
    String[] all = Arrays.copyOf(labels, labels.length + more.length);
    System.arraycopy(more, 0, all, labels.length, more.length);
    return all;
  }
}
