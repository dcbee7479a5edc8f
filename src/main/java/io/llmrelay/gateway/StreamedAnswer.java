package io.llmrelay.gateway;

import io.llmrelay.LlmStream;
import io.llmrelay.chat.ChatEvent;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.core.streams.ReadStream;

/**
 * Writes one answer to one client while it comes.
 *
 * <p>What comes in one tick of the event loop leaves in one write: what the backend sent together,
 * the first event with the role, the last with usage and {@code [DONE]}. A client that reads slowly
 * pauses the stream, and through it the backend's socket; nothing is kept here beyond the tick.
 *
 * <p>A failure in mid-stream becomes an event with OpenAI's error object and, beside it, how much
 * had been delivered. Then the response ends, in order for HTTP but without {@code [DONE]}:
 * OpenAI's SDKs raise an exception at the event, and a client that knows nothing of it misses the
 * finish reason.
 */
final class StreamedAnswer {
  private static final int INITIAL = 512;

  /** Above this, in bytes, events do not wait for the end of the tick. */
  private static final int MAX_UNSENT = 16 * 1024;

  private final HttpServerResponse response;
  private final LlmStream stream;
  private final ReadStream<ChatEvent> events;
  private final ChunkFormat format;
  private final boolean includeUsage;
  private final Context context = Vertx.currentContext();
  private Buffer unsent;
  private boolean begun;

  private StreamedAnswer(
      HttpServerResponse response, LlmStream stream, long created, boolean includeUsage) {
    this.response = response;
    this.stream = stream;
    this.events = stream.events();
    this.format = new ChunkFormat(Completions.id(stream.id()), created, stream.model());
    this.includeUsage = includeUsage;
  }

  /** Sends the stream to the client; to be called at once when it is there. */
  static void send(
      HttpServerResponse response, LlmStream stream, long created, boolean includeUsage) {
    if (response.closed()) {
      stream.cancel();
      return;
    }
    new StreamedAnswer(response, stream, created, includeUsage).start();
  }

  private void start() {
    response.drainHandler(drained -> events.resume());
    events
        .exceptionHandler(error -> fail(ApiError.of(error)))
        .endHandler(end -> ended())
        .handler(this::event);
  }

  private void event(ChatEvent event) {
    if (event instanceof ChatEvent.Chunk chunk) {
      boolean first = unsent == null;
      unsent = first ? begun() : unsent;
      format.chunk(unsent, chunk);
      if (unsent.length() > MAX_UNSENT) {
        flush();
      } else if (first) {
        context.runOnContext(v -> flush());
      }
    } else if (event instanceof ChatEvent.End end) {
      complete(end);
    }
  }

  /** What came in one tick leaves in one write. */
  private void flush() {
    if (unsent == null) {
      return;
    }
    Buffer taken = taken();
    if (!isOver()) {
      response.write(taken);
      if (response.writeQueueFull()) {
        events.pause();
      }
    }
  }

  private Buffer taken() {
    Buffer taken = unsent == null ? begun() : unsent;
    unsent = null;
    return taken;
  }

  private void complete(ChatEvent.End end) {
    if (isOver()) {
      return;
    }
    Buffer last = taken().appendBuffer(format.finish(end.finishReason()));
    if (includeUsage) {
      JsonObject relay =
          Completions.relay(stream.backend(), end.usage(), end.costUsd(), stream.trail());
      last.appendBuffer(format.usage(Completions.usage(end.usage()), relay));
    }
    response.end(last.appendBuffer(ChunkFormat.done()));
  }

  /** An end without an end event would be a truncated answer that looks complete. */
  private void ended() {
    if (!isOver()) {
      fail(ApiError.of(Failure.of(FailureKind.INTERNAL, "the stream ended without its end event")));
    }
  }

  private void fail(ApiError error) {
    if (isOver()) {
      return;
    }
    if (unsent != null || response.headWritten()) {
      response.end(taken().appendBuffer(ChunkFormat.event(error.toJson())));
    } else {
      error.send(response);
    }
  }

  /** Room for events; the role stands in it where they are the first, and the head is made. */
  private Buffer begun() {
    if (begun) {
      return Buffer.buffer(INITIAL);
    }
    begun = true;
    AnswerHeaders.put(
        response, stream.id(), stream.backend(), stream.model(), stream.warning(), stream.trail());
    response
        .putHeader(HttpHeaders.CONTENT_TYPE, "text/event-stream; charset=utf-8")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
        .putHeader("x-accel-buffering", "no")
        .setChunked(true);
    return Buffer.buffer(INITIAL).appendBuffer(format.role());
  }

  private boolean isOver() {
    return response.closed() || response.ended();
  }
}
