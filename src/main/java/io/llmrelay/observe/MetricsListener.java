package io.llmrelay.observe;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.CandidateName;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.chat.TokenUsage;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
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
 * gen_ai.client.inference.usage.*              counter  tokens: input, output, and parts of these
 * llmrelay.attempts                            counter  by backend and outcome
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
  private static final String CHAT = "chat";
  private static final String TEXT = "text";

  /** OpenTelemetry's names of providers that have another name in the catalogue. */
  private static final Map<String, String> PROVIDER_NAMES =
      Map.of("gemini", "gcp.gemini", "mistral", "mistral_ai");

  private final MeterRegistry registry;
  private final Map<String, String> providers;
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
    this.registry = registry;
    this.providers = Map.copyOf(providers);
    gauges = Gauges.of(registry);
    meters = new Meters(registry);
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
    String provider = provider(backend);
    String model = model(attempt);
    String error = error(attempt);
    meters.attempts.with(backend, code(attempt.result()), error).increment();
    record(
        meters.inferenceDuration.with(CHAT, provider, backend, model, error), attempt.durationMs());
    if (attempt.firstChunkMs() >= 0) {
      record(
          meters.inferenceFirstChunk.with(CHAT, provider, backend, model), attempt.firstChunkMs());
    }
    TokenUsage usage = attempt.usage();
    if (usage.source() != TokenUsage.Source.NONE) {
      String[] labels = {CHAT, provider, backend, model, TEXT, code(usage.source())};
      count(meters.inputTokens, usage.inputTokens(), labels);
      count(meters.outputTokens, usage.outputTokens(), labels);
      count(meters.cacheReadTokens, usage.cachedInputTokens(), labels);
      count(meters.cacheWriteTokens, usage.cacheWriteTokens(), labels);
      count(meters.reasoningTokens, usage.reasoningTokens(), labels);
    }
    if (attempt.costUsd() != null) {
      meters.cost.with(backend, model).increment(attempt.costUsd());
    }
  }

  @Override
  public void onFallback(RelayEvent.Fallback event) {
    meters.fallbacks.with(event.reason()).increment();
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
  public void onCircuitStateChange(RelayEvent.CircuitStateChange event) {
    gauges.circuit(registry, event);
  }

  private String provider(String backend) {
    String provider = providers.getOrDefault(backend, "unknown");
    return PROVIDER_NAMES.getOrDefault(provider, provider);
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
    return attempt.result() == Attempt.Result.CANCELLED
        ? FailureKind.CANCELLED.code()
        : attempt.reason();
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

  private static void record(Timer timer, long millis) {
    timer.record(millis, TimeUnit.MILLISECONDS);
  }
}
