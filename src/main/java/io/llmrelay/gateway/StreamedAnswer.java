package io.llmrelay.gateway;

import io.llmrelay.LlmStream;
import io.llmrelay.chat.ChatEvent;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.core.streams.ReadStream;

/**
 * Writes one answer to one client while it comes.
 *
 * <p>One event is one write, but for the first, which takes the role along, and the last, which is
 * finish reason, usage and {@code [DONE]} in one. A client that reads slowly pauses the stream, and
 * through it the backend's socket; nothing is kept here.
 *
 * <p>A failure in mid-stream becomes an event with OpenAI's error object and, beside it, how much
 * had been delivered. Then the response ends, in order for HTTP but without {@code [DONE]}:
 * OpenAI's SDKs raise an exception at the event, and a client that knows nothing of it misses the
 * finish reason.
 */
final class StreamedAnswer {
  private final HttpServerResponse response;
  private final LlmStream stream;
  private final ReadStream<ChatEvent> events;
  private final ChunkFormat format;
  private final boolean includeUsage;

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
    if (isOver()) {
      return;
    }
    if (event instanceof ChatEvent.Chunk chunk) {
      response.write(begun(format.chunk(chunk)));
      if (response.writeQueueFull()) {
        events.pause();
      }
    } else {
      complete((ChatEvent.End) event);
    }
  }

  private void complete(ChatEvent.End end) {
    Buffer last = begun(format.finish(end.finishReason()));
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
    if (response.headWritten()) {
      response.end(ChunkFormat.event(error.toJson()));
    } else {
      error.send(response);
    }
  }

  /** The event, after the response's head and the role where it is the first. */
  private Buffer begun(Buffer event) {
    if (response.headWritten()) {
      return event;
    }
    AnswerHeaders.put(
        response, stream.id(), stream.backend(), stream.model(), stream.warning(), stream.trail());
    response
        .putHeader(HttpHeaders.CONTENT_TYPE, "text/event-stream; charset=utf-8")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
        .putHeader("x-accel-buffering", "no")
        .setChunked(true);
    return format.role().appendBuffer(event);
  }

  private boolean isOver() {
    return response.closed() || response.ended();
  }
}
