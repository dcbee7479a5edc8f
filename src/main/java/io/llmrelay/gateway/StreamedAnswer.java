package io.llmrelay.gateway;

import io.llmrelay.LlmStream;
import io.llmrelay.chat.ChatEvent;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.TokenUsage;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.json.JsonObject;
import io.vertx.core.streams.ReadStream;

/**
 * Writes one answer to one client while it comes.
 *
 * <p>What comes in one tick of the event loop leaves in one write: what the backend sent together,
 * the first event with the role, the last with usage, {@code [DONE]} and the end of the body. A
 * client that reads slowly pauses the stream, and through it the backend's socket; nothing is kept
 * here beyond the tick.
 *
 * <p>A failure in mid-stream becomes an event with OpenAI's error object, and then the body is cut
 * off rather than ended: many clients pass over the event and see a broken answer only by the
 * transport. HTTP/1.1 closes the socket without the last HTTP chunk once every byte has left (a
 * reset could overtake the event), HTTP/2 resets the stream.
 */
final class StreamedAnswer {
  private static final int INITIAL = 512;

  /** Above this, in bytes, events do not wait for the end of the tick. */
  private static final int MAX_UNSENT = 16 * 1024;

  /**
   * Milliseconds between the event of a failure and the cut: some clients, the JDK's among them,
   * drop what they have not read when the transport breaks.
   */
  private static final long LINGER_MS = 100;

  /** HTTP/2's error codes. */
  private static final long INTERNAL_ERROR = 2;

  private static final long CANCEL = 8;

  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final LlmStream stream;
  private final ReadStream<ChatEvent> events;
  private final ChunkFormat format;
  private final boolean includeUsage;
  private final boolean heartbeat;
  private final OpenAnswers open;
  private final Context context = Vertx.currentContext();
  private Buffer unsent;
  private boolean begun;
  private boolean broken;
  private boolean blocked;
  private long lastWrite;

  StreamedAnswer(
      HttpServerRequest request,
      LlmStream stream,
      long created,
      boolean includeUsage,
      boolean heartbeat,
      OpenAnswers open) {
    this.request = request;
    this.response = request.response();
    this.stream = stream;
    this.events = stream.events();
    this.format = new ChunkFormat(Completions.id(stream.id()), created, stream.model());
    this.includeUsage = includeUsage;
    this.heartbeat = heartbeat;
    this.open = open;
  }

  /** Sends the stream to the client; to be called at once when it is there. */
  void send() {
    if (response.closed()) {
      stream.cancel();
      return;
    }
    response.drainHandler(drained -> drained());
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
      lastWrite = open.now();
      if (response.writeQueueFull()) {
        blocked = true;
        events.pause();
      }
    }
  }

  private void drained() {
    blocked = false;
    events.resume();
  }

  private Buffer taken() {
    Buffer taken = unsent == null ? begun() : unsent;
    unsent = null;
    return taken;
  }

  /**
   * Sends a comment to a client that has heard nothing for as long as a heartbeat, and gives up on
   * an HTTP/2 client whose window has been shut for the write-idle limit; on HTTP/1.1 {@link
   * Connections} does that for every answer.
   */
  void check(long now, long heartbeatMs, long writeIdleMs) {
    long silentMs = now - lastWrite;
    if (response.closed()) {
      open.remove(this);
    } else if (blocked || broken) {
      if (isHttp2() && silentMs >= writeIdleMs) {
        open.remove(this);
        response.reset(CANCEL);
      }
    } else if (heartbeat && heartbeatMs > 0 && silentMs >= heartbeatMs && unsent == null) {
      response.write(ChunkFormat.comment());
      lastWrite = now;
    }
  }

  private void complete(ChatEvent.End end) {
    if (isOver()) {
      return;
    }
    Buffer last = taken().appendBuffer(format.finish(end.finishReason()));
    if (includeUsage && end.usage().source() != TokenUsage.Source.NONE) {
      JsonObject relay =
          Completions.relay(stream.backend(), end.usage(), end.costUsd(), stream.trail());
      last.appendBuffer(format.usage(Completions.usage(end.usage()), relay));
    }
    open.remove(this);
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
    if (unsent == null && !response.headWritten()) {
      error.send(response);
      return;
    }
    broken = true;
    lastWrite = open.now();
    response
        .write(taken().appendBuffer(ChunkFormat.event(error.toEvent())))
        .onComplete(sent -> context.owner().setTimer(LINGER_MS, id -> cut()));
  }

  /** Ends the transport of a body that has no end. */
  private void cut() {
    open.remove(this);
    if (isHttp2()) {
      response.reset(INTERNAL_ERROR);
    } else {
      request.connection().close();
    }
  }

  private boolean isHttp2() {
    return request.version() == HttpVersion.HTTP_2;
  }

  /** Room for events; the role stands in it where they are the first, and the head is made. */
  private Buffer begun() {
    if (begun) {
      return Buffer.buffer(INITIAL);
    }
    begun = true;
    open.add(this);
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
    return broken || response.closed() || response.ended();
  }
}
