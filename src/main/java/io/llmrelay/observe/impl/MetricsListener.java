package io.llmrelay.observe.impl;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.CandidateName;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.RelayListener;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
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
 * llmrelay.requests.refused                    counter  before any attempt, by reason and status
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
  private final MeterRegistry registry;
  private final ProviderNames providers;
  private final Gauges gauges;
  private final Meters meters;

  private final BoundedLabels reasons = new BoundedLabels(Gauges.MAX_LABELS);

  /** The meters of attempts. Bounded, since the values of labels are. */
  private final Map<Inference, AttemptMeters> attempts = new ConcurrentHashMap<>();

  /** What the labels of an attempt's meters are made of. */
  private record Inference(String operation, String backend, String model) {}

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
    String result = attempt.result().code();
    String error = error(attempt);
    AttemptMeters of = of(event);
    of.attempts(result, error).increment();
    if (attempt.key() != null) {
      meters.keyAttempts.with(backend, attempt.key(), result, error).increment();
    }
    if (attempt.affinity() != null) {
      int moved = attempt.affinity().indexOf(';');
      String source = moved < 0 ? attempt.affinity() : attempt.affinity().substring(0, moved);
      meters.affinity.with(backend, source, moved < 0 ? "kept" : "moved").increment();
    }
    durations(event, of, error);
    if (attempt.usage().source() != TokenUsage.Source.NONE) {
      of.tokens(attempt.usage());
    }
    if (attempt.result() == Attempt.Result.SERVED
        && attempt.usage().source() == TokenUsage.Source.PROVIDER) {
      of.distributions(attempt.usage());
      olderDistributions(attempt.usage(), of);
    }
    if (attempt.costUsd() != null) {
      of.cost.get().increment(attempt.costUsd());
    }
  }

  /** Returns the meters of an attempt; there is one of them for each pair of label values. */
  private AttemptMeters of(RelayEvent.AttemptEnd event) {
    Attempt attempt = event.attempt();
    Inference inference = new Inference(event.operation(), attempt.backend(), attempt.model());
    AttemptMeters known = attempts.get(inference);
    return known != null
        ? known
        : attempts.computeIfAbsent(
            new Inference(event.operation(), attempt.backend(), model(attempt)), this::meters);
  }

  private AttemptMeters meters(Inference of) {
    return new AttemptMeters(meters, of.operation, providers.of(of.backend), of.backend, of.model);
  }

  @Override
  public void onShadowEnd(RelayEvent.ShadowEnd event) {
    Attempt attempt = event.attempt();
    String backend = attempt.backend();
    String model = model(attempt);
    meters.shadowAttempts.with(backend, model, attempt.result().code(), error(attempt)).increment();
    if (attempt.costUsd() != null) {
      meters.shadowCost.with(backend, model).increment(attempt.costUsd());
    }
  }

  private void durations(RelayEvent.AttemptEnd event, AttemptMeters of, String error) {
    Attempt attempt = event.attempt();
    record(of.duration(error), attempt.durationMs());
    older(meters.olderDuration, attempt.durationMs() * 1_000, of.and(error));
    if (of.embeddings || attempt.firstChunkMs() < 0) {
      return; // The answer to embeddings is no stream.
    }
    record(of.firstChunk.get(), attempt.firstChunkMs());
    older(meters.olderFirstChunk, attempt.firstChunkMs() * 1_000, of.inference);
    if (event.chunks() > 1) {
      long micros = (attempt.durationMs() - attempt.firstChunkMs()) * 1_000;
      long mean = micros / (event.chunks() - 1);
      of.chunk.get().record(mean, TimeUnit.MICROSECONDS);
      older(meters.olderChunk, mean, of.inference);
    }
  }

  private void olderDistributions(TokenUsage usage, AttemptMeters of) {
    if (meters.olderTokens != null) {
      meters.olderTokens.with(of.and("input")).record((double) usage.inputTokens());
      meters.olderTokens.with(of.and("output")).record((double) usage.outputTokens());
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
      record(meters.requestFirstChunk.with(event.backend()), event.sinceStartMs());
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
    record(meters.requestDuration.with(outcome, streaming), event.durationMs());
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
  public void onRequestRefused(RelayEvent.RequestRefused event) {
    String reason = reasons.add(event.reason()) ? event.reason() : BoundedLabels.OTHER;
    meters.refused.with(reason, String.valueOf(event.status())).increment();
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

  private static void record(Timer timer, long millis) {
    timer.record(millis, TimeUnit.MILLISECONDS);
  }

  /** Records a duration under a name of older conventions; does nothing without it. */
  private static void older(Family<Timer> family, long micros, String... labels) {
    if (family != null) {
      family.with(labels).record(micros, TimeUnit.MICROSECONDS);
    }
  }
}
