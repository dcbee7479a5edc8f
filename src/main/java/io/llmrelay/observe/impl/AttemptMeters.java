package io.llmrelay.observe.impl;

import io.llmrelay.chat.TokenUsage;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Timer;
import java.util.Arrays;
import java.util.Locale;

/**
 * The meters of attempts of one operation at one backend and model. Those of an attempt that
 * succeeded are looked up once; the others by their labels.
 */
final class AttemptMeters {
  /** Providers do not say which tokens are those of texts, and requests may have images. */
  private static final String MODALITY = "unknown";

  final String backend;
  final String model;
  final boolean embeddings;

  /** The values of the labels of every meter that follows OpenTelemetry's conventions. */
  final String[] inference;

  final Family.Lazy<Counter> cost;
  final Family.Lazy<Timer> firstChunk;
  final Family.Lazy<Timer> chunk;
  private final Meters meters;
  private final Family<Timer> durations;
  private final Family.Lazy<Counter> served;
  private final Family.Lazy<Timer> duration;
  private final Family.Lazy<Counter> inputTokens;
  private final Family.Lazy<Counter> outputTokens;
  private final Family.Lazy<DistributionSummary> inputDistribution;
  private final Family.Lazy<DistributionSummary> outputDistribution;

  AttemptMeters(Meters meters, String operation, String provider, String backend, String model) {
    this.meters = meters;
    this.backend = backend;
    this.model = model;
    embeddings = operation.equals("embeddings");
    inference = new String[] {operation, provider, backend, model};
    durations = embeddings ? meters.embeddingsDuration : meters.inferenceDuration;
    cost = meters.cost.lazy(backend, model);
    served = meters.attempts.lazy(backend, "served", null);
    duration = durations.lazy(and((String) null));
    firstChunk = meters.inferenceFirstChunk.lazy(inference);
    chunk = meters.inferenceChunk.lazy(inference);
    inputTokens = meters.inputTokens.lazy(usage(TokenUsage.Source.PROVIDER));
    outputTokens = meters.outputTokens.lazy(usage(TokenUsage.Source.PROVIDER));
    inputDistribution =
        (embeddings ? meters.embeddingsInputTokens : meters.operationInputTokens).lazy(inference);
    outputDistribution = meters.operationOutputTokens.lazy(inference);
  }

  /** Returns the values of the labels of conventions, and more of them. */
  String[] and(String... more) {
    String[] all = Arrays.copyOf(inference, inference.length + more.length);
    System.arraycopy(more, 0, all, inference.length, more.length);
    return all;
  }

  /** Returns the values of the labels of counters of tokens. */
  String[] usage(TokenUsage.Source source) {
    return and(MODALITY, source.name().toLowerCase(Locale.ROOT));
  }

  Counter attempts(String result, String error) {
    return error == null && result.equals("served")
        ? served.get()
        : meters.attempts.with(backend, result, error);
  }

  Timer duration(String error) {
    return error == null ? duration.get() : durations.with(and(error));
  }

  void tokens(TokenUsage usage) {
    if (usage.source() == TokenUsage.Source.PROVIDER) {
      count(inputTokens, usage.inputTokens());
      count(outputTokens, usage.outputTokens());
    } else {
      count(meters.inputTokens, usage.inputTokens(), usage.source());
      count(meters.outputTokens, usage.outputTokens(), usage.source());
    }
    count(meters.cacheReadTokens, usage.cachedInputTokens(), usage.source());
    count(meters.cacheWriteTokens, usage.cacheWriteTokens(), usage.source());
    count(meters.reasoningTokens, usage.reasoningTokens(), usage.source());
  }

  private static void count(Family.Lazy<Counter> counter, long tokens) {
    if (tokens > 0) {
      counter.get().increment((double) tokens);
    }
  }

  private void count(Family<Counter> family, long tokens, TokenUsage.Source source) {
    if (tokens > 0) {
      family.with(usage(source)).increment((double) tokens);
    }
  }

  void distributions(TokenUsage usage) {
    inputDistribution.get().record((double) usage.inputTokens());
    if (!embeddings) {
      outputDistribution.get().record((double) usage.outputTokens());
    }
  }
}
