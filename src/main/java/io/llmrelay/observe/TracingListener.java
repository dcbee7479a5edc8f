package io.llmrelay.observe;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.observe.impl.ContentRecorder;
import io.llmrelay.observe.impl.ProviderNames;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A listener that records a span for each request and one below it for each attempt, with the
 * attributes of OpenTelemetry's conventions for generative AI. Thread-safe.
 *
 * <p>Spans hold no prompt and no answer, unless the relay is configured to ({@code
 * tracing.content}), and never a message of a provider. A request whose span is not recorded, as
 * the sampler decides, has no spans of attempts and no attributes; the sampler is asked before
 * there are any.
 *
 * <p>The current span of later listeners, such as those that record meters, is that of the request
 * or attempt that an event is about.
 *
 * <p>The parent of a request's span is the current span where the request is accepted. With
 * vertx-opentelemetry that is the span of the HTTP request or of the message on the event bus, and
 * the HTTP requests to backends are below their attempt and carry its {@code traceparent}:
 *
 * <pre>{@code
 * Vertx vertx = Vertx.builder().withTracer(new OpenTelemetryTracingFactory(openTelemetry)).build();
 * new RelayVerticle(options).addListener(new TracingListener(openTelemetry, Map.of()));
 * }</pre>
 */
@SuppressWarnings("exports") // Only the relay itself calls what is not exported.
public final class TracingListener implements RelayListener, ContentRecorder {
  private static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");
  private static final AttributeKey<String> MODEL = AttributeKey.stringKey("gen_ai.request.model");
  private static final AttributeKey<String> BACKEND = AttributeKey.stringKey("llmrelay.backend");
  private static final AttributeKey<Double> FIRST_CHUNK =
      AttributeKey.doubleKey("gen_ai.response.time_to_first_chunk");
  private static final AttributeKey<List<String>> FINISH_REASONS =
      AttributeKey.stringArrayKey("gen_ai.response.finish_reasons");

  private static final AttributeKey<String> REQUEST_ID =
      AttributeKey.stringKey("llmrelay.request.id");
  private static final AttributeKey<Boolean> STREAM =
      AttributeKey.booleanKey("gen_ai.request.stream");
  private static final AttributeKey<String> OPERATION =
      AttributeKey.stringKey("gen_ai.operation.name");
  private static final AttributeKey<String> PROVIDER =
      AttributeKey.stringKey("gen_ai.provider.name");
  private static final AttributeKey<Long> NUMBER = AttributeKey.longKey("llmrelay.attempt.number");
  private static final AttributeKey<Long> STATUS =
      AttributeKey.longKey("http.response.status_code");
  private static final AttributeKey<String> RESPONSE_MODEL =
      AttributeKey.stringKey("gen_ai.response.model");
  private static final AttributeKey<Long> INPUT_TOKENS =
      AttributeKey.longKey("gen_ai.usage.input_tokens");
  private static final AttributeKey<Long> OUTPUT_TOKENS =
      AttributeKey.longKey("gen_ai.usage.output_tokens");
  private static final AttributeKey<Long> CACHE_READ_TOKENS =
      AttributeKey.longKey("gen_ai.usage.cache_read.input_tokens");
  private static final AttributeKey<Long> CACHE_WRITE_TOKENS =
      AttributeKey.longKey("gen_ai.usage.cache_write.input_tokens");
  private static final AttributeKey<Long> REASONING_TOKENS =
      AttributeKey.longKey("gen_ai.usage.reasoning.output_tokens");
  private static final AttributeKey<Double> COST = AttributeKey.doubleKey("llmrelay.cost_usd");

  private final Tracer tracer;
  private final ProviderNames providers;

  /** Whether the current span belongs to the Vert.x context; {@code null} if not known yet. */
  private volatile Boolean storedByVertx;

  /** The requests in flight by id. */
  private final Map<String, Request> requests = new ConcurrentHashMap<>();

  /** The spans of a request, which only its event loop uses. */
  private static final class Request {
    private final Span span;
    private final Context context;
    private final boolean recorded;

    /** The spans of the attempts by number; {@code null} if the request is not recorded. */
    private final Map<Integer, Span> attempts;

    Request(Span span) {
      this.span = span;
      context = Context.current().with(span);
      recorded = span.isRecording();
      attempts = recorded ? new HashMap<>(4) : null;
    }
  }

  /**
   * Creates a listener that records spans.
   *
   * @param providers the provider of each backend by the backend's name; others are {@code unknown}
   */
  public TracingListener(OpenTelemetry openTelemetry, Map<String, String> providers) {
    tracer = openTelemetry.getTracer("io.llmrelay");
    this.providers = new ProviderNames(providers);
  }

  @Override
  public void onRequestStart(RelayEvent.RequestStart event) {
    Span span = tracer.spanBuilder("relay request").startSpan();
    Request request = new Request(span);
    if (request.recorded) {
      span.setAttribute(REQUEST_ID, event.requestId());
      span.setAttribute(STREAM, event.streaming());
      if (event.model() != null) {
        span.setAttribute(MODEL, event.model());
      }
    }
    requests.put(event.requestId(), request);
  }

  /** Returns the request of an event if it is recorded; else {@code null}. */
  private Request recorded(String requestId) {
    Request request = requests.get(requestId);
    return request != null && request.recorded ? request : null;
  }

  @Override
  public void onAttemptStart(RelayEvent.AttemptStart event) {
    Request request = requests.get(event.requestId());
    if (request == null) {
      return;
    }
    if (!request.recorded) {
      attach(request.context); // So that the backend is told that the trace is not sampled.
      return;
    }
    Span span =
        tracer
            .spanBuilder(event.operation() + " " + event.model())
            .setParent(request.context)
            .setSpanKind(SpanKind.CLIENT)
            .setAttribute(OPERATION, event.operation())
            .setAttribute(STREAM, event.operation().equals("chat"))
            .setAttribute(PROVIDER, providers.of(event.backend()))
            .setAttribute(BACKEND, event.backend())
            .setAttribute(MODEL, event.model())
            .setAttribute(NUMBER, (long) event.number())
            .startSpan();
    request.attempts.put(event.number(), span);
    attach(request.context.with(span));
  }

  /**
   * Makes a context current for the rest of the attempt or request, whose Vert.x context is its
   * own. The storage of vertx-opentelemetry belongs to the Vert.x context; another storage may
   * belong to the thread and must not be changed.
   */
  @SuppressWarnings("MustBeClosedChecker") // It ends with the Vert.x context.
  private void attach(Context context) {
    if (Boolean.FALSE.equals(storedByVertx) || Vertx.currentContext() == null) {
      return;
    }
    Scope scope = context.makeCurrent();
    if (storedByVertx == null) {
      // Storages may be wrapped, as by opentelemetry-sdk-testing, so that a name says nothing.
      ((ContextInternal) Vertx.currentContext())
          .unwrap()
          .duplicate()
          .dispatch(other -> storedByVertx = Context.current() != context);
    }
    if (!storedByVertx) {
      scope.close();
    }
  }

  @Override
  public void onAttemptEnd(RelayEvent.AttemptEnd event) {
    Request request = recorded(event.requestId());
    Span span = request == null ? null : request.attempts.remove(event.number());
    if (span == null) {
      return;
    }
    Attempt attempt = event.attempt();
    if (attempt.status() != 0) {
      span.setAttribute(STATUS, (long) attempt.status());
    }
    if (event.finishReason() != null) {
      span.setAttribute(FINISH_REASONS, List.of(event.finishReason().code()));
    }
    if (attempt.firstChunkMs() >= 0) {
      span.setAttribute(FIRST_CHUNK, attempt.firstChunkMs() / 1e3);
    }
    if (attempt.result() == Attempt.Result.FAILED) {
      fail(span, attempt.reason());
    } else if (attempt.result() != Attempt.Result.SERVED) {
      span.setAttribute(ERROR, attempt.result().code()); // Cancelled, hedged or diverged.
    }
    usage(span, attempt.usage(), attempt.costUsd());
    span.end();
  }

  @Override
  public boolean isRecording(String requestId, int number) {
    Request request = recorded(requestId);
    Span span = request == null ? null : request.attempts.get(number);
    return span != null && span.isRecording();
  }

  @Override
  public void content(String requestId, int number, String attribute, String json) {
    Request request = recorded(requestId);
    Span span = request == null ? null : request.attempts.get(number);
    if (span != null) {
      span.setAttribute(attribute, json);
    }
  }

  @Override
  public void onFallback(RelayEvent.Fallback event) {
    Request request = recorded(event.requestId());
    if (request != null) {
      attach(request.context);
      request.span.addEvent(
          "fallback",
          Attributes.of(
              AttributeKey.stringKey("from"), event.from(),
              AttributeKey.stringKey("to"), event.to(),
              AttributeKey.stringKey("reason"), event.reason()));
    }
  }

  @Override
  public void onResumed(RelayEvent.Resumed event) {
    Request request = recorded(event.requestId());
    if (request != null) {
      request.span.addEvent(
          "resumed",
          Attributes.of(
              AttributeKey.stringKey("from"), event.from(),
              AttributeKey.stringKey("to"), event.to(),
              AttributeKey.stringKey("reason"), event.reason(),
              AttributeKey.longKey("delivered_bytes"), event.deliveredBytes()));
    }
  }

  @Override
  public void onFirstChunk(RelayEvent.FirstChunk event) {
    Request request = recorded(event.requestId());
    if (request != null) {
      attach(request.context);
      request.span.setAttribute(FIRST_CHUNK, event.sinceStartMs() / 1e3);
    }
  }

  @Override
  public void onRequestEnd(RelayEvent.RequestEnd event) {
    Request request = requests.remove(event.requestId());
    if (request == null || !request.recorded) {
      return;
    }
    attach(request.context);
    request.attempts.values().forEach(Span::end);
    Span span = request.span;
    if (event.backend() != null) {
      span.setAttribute(BACKEND, event.backend());
      span.setAttribute(RESPONSE_MODEL, event.model());
    }
    Failure failure = event.failure();
    if (failure == null) {
      span.setAttribute(FINISH_REASONS, List.of(event.finishReason().code()));
    } else if (failure.kind() == FailureKind.CANCELLED) {
      span.setAttribute(ERROR, failure.kind().code());
    } else {
      fail(span, failure.kind().code());
    }
    usage(span, event.usage(), event.costUsd());
    span.end();
  }

  private static void fail(Span span, String kind) {
    span.setAttribute(ERROR, kind);
    span.setStatus(StatusCode.ERROR);
  }

  private static void part(Span span, AttributeKey<Long> name, long tokens) {
    if (tokens > 0) {
      span.setAttribute(name, tokens);
    }
  }

  private static void usage(Span span, TokenUsage usage, Double costUsd) {
    if (usage.source() != TokenUsage.Source.NONE) {
      span.setAttribute(INPUT_TOKENS, usage.inputTokens());
      span.setAttribute(OUTPUT_TOKENS, usage.outputTokens());
      part(span, CACHE_READ_TOKENS, usage.cachedInputTokens());
      part(span, CACHE_WRITE_TOKENS, usage.cacheWriteTokens());
      part(span, REASONING_TOKENS, usage.reasoningTokens());
    }
    if (costUsd != null) {
      span.setAttribute(COST, costUsd);
    }
  }
}
