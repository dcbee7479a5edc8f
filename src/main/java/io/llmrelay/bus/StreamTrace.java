package io.llmrelay.bus;

import io.vertx.core.Vertx;
import io.vertx.core.eventbus.Message;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.spi.tracing.SpanKind;
import io.vertx.core.spi.tracing.TagExtractor;
import io.vertx.core.spi.tracing.VertxTracer;
import io.vertx.core.tracing.TracingPolicy;

/**
 * The trace of a stream at its producer, if Vert.x has a tracer and the consumer is traced. The
 * span of the message that opens a stream ends with its reply, which comes at once; this one lasts
 * as long as the stream, and is the current one on a context of the stream's own.
 */
final class StreamTrace {
  /** The trace of a stream that is not traced. */
  private static final StreamTrace NONE = new StreamTrace(null, null, null);

  private final VertxTracer<Object, Object> tracer;
  private final ContextInternal context;
  private final Object span;

  private StreamTrace(VertxTracer<Object, Object> tracer, ContextInternal context, Object span) {
    this.tracer = tracer;
    this.context = context;
    this.span = span;
  }

  /** Begins the trace of the stream that a message opens. */
  @SuppressWarnings("unchecked")
  static StreamTrace begin(Vertx vertx, Message<?> message) {
    VertxTracer<Object, Object> tracer =
        (VertxTracer<Object, Object>) ((VertxInternal) vertx).tracer();
    if (tracer == null) {
      return NONE;
    }
    ContextInternal context = ((ContextInternal) vertx.getOrCreateContext()).unwrap().duplicate();
    Object span =
        tracer.receiveRequest(
            context,
            SpanKind.RPC,
            TracingPolicy.PROPAGATE,
            message,
            "stream",
            message.headers().entries(),
            TagExtractor.empty());
    return span == null ? NONE : new StreamTrace(tracer, context, span);
  }

  /** Runs an action on the context of the stream. */
  void run(Runnable action) {
    if (context == null) {
      action.run();
      return;
    }
    ContextInternal previous = context.beginDispatch();
    try {
      action.run();
    } finally {
      context.endDispatch(previous);
    }
  }

  void end() {
    if (context != null) {
      tracer.sendResponse(context, null, span, null, TagExtractor.empty());
    }
  }
}
