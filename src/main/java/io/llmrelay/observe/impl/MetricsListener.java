package io.llmrelay.observe.impl;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.CandidateName;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.RelayListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A listener that records Micrometer meters. Thread-safe; several may share a registry.
 *
 * <pre>
 * gen_ai.client.inference.duration             timer    an attempt, whatever its outcome
 * gen_ai.client.inference.time_to_first_chunk  timer    of an attempt
 * gen_ai.client.inference.time_per_output_chunk  timer  mean of an attempt
 * gen_ai.client.inference.operation.*          summary  tokens of a successful attempt
 * gen_ai.client.embeddings.*                   timer, summary  of an attempt at embeddings
 * gen_ai.client.inference.usage.*              counter  tokens: input, output, and parts of these
 * llmrelay.attempts                            counter  by backend and outcome
 * llmrelay.key.attempts                        counter  by backend, key and outcome
 * llmrelay.affinity                            counter  attempts of conversations: kept or moved
 * llmrelay.shadow.attempts                     counter  copies of requests, by outcome
 * llmrelay.shadow.cost                         counter  US dollars of the copies
 * llmrelay.cost                                counter  US dollars, by backend and model
 * llmrelay.skipped                             counter  candidates not tried, by backend and reason
 * llmrelay.saturated                           counter  no free connection, by backend
 * llmrelay.fallbacks                           counter  by reason
 * llmrelay.requests                            counter  by outcome
 * llmrelay.request.duration                    timer    failover included
 * llmrelay.request.time_to_first_chunk         timer    of a stream, by the serving backend
 * llmrelay.requests.active                     gauge    streaming or not
 * llmrelay.circuit.state                       gauge    relays whose circuit is in this state
 * </pre>
 *
 * <p>Meters are updated per attempt or request, never per chunk. Label values are bounded: backends
 * are configured and reasons enumerated, but callers may choose models. The first {@value
 * Gauges#MAX_LABELS} pairs of backend and model are label values; later models are {@code other}. A
 * model that the backend does not know is {@code other} as well and does not count.
 */
public final class MetricsListener implements RelayListener {
  /** Providers do not say which tokens are those of texts, and requests may have images. */
  private static final String MODALITY = "unknown";

  private final MeterRegistry registry;
  private final ProviderNames providers;
  private final Gauges gauges;
  private final Meters meters;

  /** Requests in flight that do not stream; their first chunk is the whole answer. */
  private final Set<String> nonStreaming = ConcurrentHashMap.newKeySet();

  /**
   * Creates a listener that records the meters of a registry.
   *
   * @param providers the provider of each backend by the backend's name, or its dialect if the
   *     provider is unknown
   */
  public MetricsListener(MeterRegistry registry, Map<String, String> providers) {
    this(registry, providers, false);
  }

  /**
   * Creates a listener that records the meters of a registry.
   *
   * @param olderNames whether to record {@code gen_ai.client.operation.*} and {@code
   *     gen_ai.client.token.usage} too, the names before the conventions for inferences
   */
  public MetricsListener(
      MeterRegistry registry, Map<String, String> providers, boolean olderNames) {
    this.registry = registry;
    this.providers = new ProviderNames(providers);
    gauges = Gauges.of(registry);
    meters = new Meters(registry, olderNames);
  }

  @Override
  public void onRequestStart(RelayEvent.RequestStart event) {
    gauges.active(event.streaming()).incrementAndGet();
    if (!event.streaming()) {
      nonStreaming.add(event.requestId());
    }
  }

  @Override
  public void onAttemptEnd(RelayEvent.AttemptEnd event) {
    Attempt attempt = event.attempt();
    String backend = attempt.backend();
    String model = model(attempt);
    String error = error(attempt);
    String[] inference = {event.operation(), providers.of(backend), backend, model};
    meters.attempts.with(backend, code(attempt.result()), error).increment();
    if (attempt.key() != null) {
      meters.keyAttempts.with(backend, attempt.key(), code(attempt.result()), error).increment();
    }
    if (attempt.affinity() != null) {
      int moved = attempt.affinity().indexOf(';');
      String source = moved < 0 ? attempt.affinity() : attempt.affinity().substring(0, moved);
      meters.affinity.with(backend, source, moved < 0 ? "kept" : "moved").increment();
    }
    durations(event, inference, error);
    usage(attempt.usage(), inference);
    if (attempt.result() == Attempt.Result.SERVED
        && attempt.usage().source() == TokenUsage.Source.PROVIDER) {
      distributions(attempt.usage(), isEmbeddings(event), inference);
    }
    if (attempt.costUsd() != null) {
      meters.cost.with(backend, model).increment(attempt.costUsd());
    }
  }

  @Override
  public void onShadowEnd(RelayEvent.ShadowEnd event) {
    Attempt attempt = event.attempt();
    String backend = attempt.backend();
    String model = model(attempt);
    meters.shadowAttempts.with(backend, model, code(attempt.result()), error(attempt)).increment();
    if (attempt.costUsd() != null) {
      meters.shadowCost.with(backend, model).increment(attempt.costUsd());
    }
  }

  private void durations(RelayEvent.AttemptEnd event, String[] inference, String error) {
    Attempt attempt = event.attempt();
    String[] withError = and(inference, error);
    record(meters.olderDuration, attempt.durationMs(), withError);
    if (isEmbeddings(event)) {
      record(meters.embeddingsDuration, attempt.durationMs(), withError);
      return; // Their answer is no stream.
    }
    record(meters.inferenceDuration, attempt.durationMs(), withError);
    if (attempt.firstChunkMs() >= 0) {
      record(meters.inferenceFirstChunk, attempt.firstChunkMs(), inference);
      record(meters.olderFirstChunk, attempt.firstChunkMs(), inference);
    }
    if (attempt.firstChunkMs() >= 0 && event.chunks() > 1) {
      long micros = (attempt.durationMs() - attempt.firstChunkMs()) * 1_000;
      long mean = micros / (event.chunks() - 1);
      recordMicros(meters.inferenceChunk, mean, inference);
      recordMicros(meters.olderChunk, mean, inference);
    }
  }

  private static boolean isEmbeddings(RelayEvent.AttemptEnd event) {
    return event.operation().equals("embeddings");
  }

  private void usage(TokenUsage usage, String[] inference) {
    if (usage.source() == TokenUsage.Source.NONE) {
      return;
    }
    String[] labels = and(inference, MODALITY, code(usage.source()));
    count(meters.inputTokens, usage.inputTokens(), labels);
    count(meters.outputTokens, usage.outputTokens(), labels);
    count(meters.cacheReadTokens, usage.cachedInputTokens(), labels);
    count(meters.cacheWriteTokens, usage.cacheWriteTokens(), labels);
    count(meters.reasoningTokens, usage.reasoningTokens(), labels);
  }

  private void distributions(TokenUsage usage, boolean embeddings, String[] inference) {
    if (embeddings) {
      meters.embeddingsInputTokens.with(inference).record((double) usage.inputTokens());
    } else {
      meters.operationInputTokens.with(inference).record((double) usage.inputTokens());
      meters.operationOutputTokens.with(inference).record((double) usage.outputTokens());
    }
    if (meters.olderTokens != null) {
      meters.olderTokens.with(and(inference, "input")).record((double) usage.inputTokens());
      meters.olderTokens.with(and(inference, "output")).record((double) usage.outputTokens());
    }
  }

  @Override
  public void onFallback(RelayEvent.Fallback event) {
    meters.fallbacks.with(event.reason()).increment();
  }

  @Override
  public void onResumed(RelayEvent.Resumed event) {
    meters.resumes.with(event.reason()).increment();
  }

  @Override
  public void onFirstChunk(RelayEvent.FirstChunk event) {
    if (!nonStreaming.contains(event.requestId())) {
      record(meters.requestFirstChunk, event.sinceStartMs(), event.backend());
    }
  }

  @Override
  public void onRequestEnd(RelayEvent.RequestEnd event) {
    gauges.active(event.streaming()).decrementAndGet();
    nonStreaming.remove(event.requestId());
    String outcome = outcome(event.failure());
    String error = event.failure() == null ? null : event.failure().kind().code();
    String streaming = String.valueOf(event.streaming());
    meters.requests.with(outcome, error, streaming).increment();
    record(meters.requestDuration, event.durationMs(), outcome, streaming);
    for (Attempt attempt : event.trail()) {
      if (attempt.result() == Attempt.Result.SKIPPED) {
        meters.skipped.with(attempt.backend(), attempt.reason()).increment();
        if (SkipReason.SATURATED.code().equals(attempt.reason())) {
          meters.saturated.with(attempt.backend()).increment();
        }
      }
    }
  }

  @Override
  public void onCircuitStateChange(RelayEvent.CircuitStateChange event) {
    gauges.circuit(registry, event);
  }

  @Override
  public void onHealthProbe(RelayEvent.HealthProbe event) {
    meters.probes.with(event.backend(), event.reason()).increment();
  }

  private String model(Attempt attempt) {
    String pair = new CandidateName(attempt.backend(), attempt.model()).toString();
    boolean named =
        FailureKind.MODEL_NOT_FOUND.code().equals(attempt.reason())
            ? gauges.models.contains(pair)
            : gauges.models.add(pair);
    return named ? attempt.model() : BoundedLabels.OTHER;
  }

  private static String error(Attempt attempt) {
    return switch (attempt.result()) {
      case CANCELLED -> FailureKind.CANCELLED.code();
      case HEDGED, DIVERGED -> attempt.result().code();
      default -> attempt.reason();
    };
  }

  private static String outcome(Failure failure) {
    if (failure == null) {
      return "completed";
    }
    return failure.kind() == FailureKind.CANCELLED ? "cancelled" : "failed";
  }

  private static String code(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private static void count(Family<Counter> family, long tokens, String[] labels) {
    if (tokens > 0) {
      family.with(labels).increment((double) tokens);
    }
  }

  private static void record(Family<Timer> family, long millis, String... labels) {
    recordMicros(family, millis * 1_000, labels);
  }

  /** Records a duration; does nothing without the family. */
  private static void recordMicros(Family<Timer> family, long micros, String... labels) {
    if (family != null) {
      family.with(labels).record(micros, TimeUnit.MICROSECONDS);
    }
  }

  private static String[] and(String[] labels, String... more) {
    String[] all = Arrays.copyOf(labels, labels.length + more.length);
    System.arraycopy(more, 0, all, labels.length, more.length);
    return all;
  }
}
