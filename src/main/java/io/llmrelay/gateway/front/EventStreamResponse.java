package io.llmrelay.gateway.front;

import io.llmrelay.LlmStream;
import io.llmrelay.chat.CandidateName;
import io.llmrelay.chat.ChatEvent;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.gateway.server.Connections;
import io.llmrelay.gateway.server.GatewayError;
import io.llmrelay.gateway.server.OpenStreams;
import io.llmrelay.gateway.server.RelayHeaders;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.streams.ReadStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * Sends one stream to one client as server-sent events.
 *
 * <p>Events of one tick of the event loop are sent in one write: what the backend sent together,
 * the events that precede the content, the last ones and the end of the body. A write that does not
 * complete at once pauses the stream, and so the backend's socket, until it does: of a client that
 * reads slowly, one write is waiting. (Vert.x reports a full write queue at sixteen of them only.)
 *
 * <p>A failure in mid-stream is sent as the front's last events. Then the body is aborted, not
 * ended: many clients ignore such an event and detect the failure by the transport only. On
 * HTTP/1.1 the socket is closed without the last HTTP chunk after all bytes have been sent, since a
 * reset could overtake the event; on HTTP/2 the stream is reset. On HTTP/1.0, where the end of the
 * connection is the end of the body, only a reset of the connection differs from it.
 */
final class EventStreamResponse implements OpenStreams.Stream {
  private static final Logger LOG = System.getLogger(EventStreamResponse.class.getName());

  private static final CharSequence EVENT_STREAM =
      HttpHeaders.createOptimized("text/event-stream; charset=utf-8");
  private static final CharSequence NO_CACHE = HttpHeaders.createOptimized("no-cache");
  private static final CharSequence ACCEL_BUFFERING =
      HttpHeaders.createOptimized("x-accel-buffering");
  private static final CharSequence NO = HttpHeaders.createOptimized("no");

  /** The buffered bytes above which events are written before the end of the tick. */
  private static final int MAX_BUFFERED = 16 * 1024;

  /**
   * Milliseconds between an error event and the abort: some clients, the JDK's among them, discard
   * unread data when the connection breaks.
   */
  private static final long ABORT_DELAY_MS = 100;

  private final Front front;
  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final LlmStream stream;
  private final ReadStream<ChatEvent> events;
  private final EventEncoder encoder;
  private final boolean heartbeat;
  private final OpenStreams streams;
  private final Context context = Vertx.currentContext();
  private final EventBuffers buffers;
  private final Handler<Void> flush = tick -> flush();
  private Buffer buffered;
  private boolean headPrepared;
  private boolean headersReleased;
  private boolean announcesCost;
  private boolean failed;
  private boolean blocked;
  private long lastWrite;

  EventStreamResponse(
      Front front,
      HttpServerRequest request,
      LlmStream stream,
      EventEncoder encoder,
      boolean heartbeat,
      OpenStreams streams,
      EventBuffers buffers) {
    this.front = front;
    this.request = request;
    this.response = request.response();
    this.stream = stream;
    this.events = stream.events();
    this.encoder = encoder;
    this.heartbeat = heartbeat;
    this.streams = streams;
    this.buffers = buffers;
  }

  /** Starts sending; must be called in the tick in which the stream was opened. */
  void send() {
    if (response.closed()) {
      stream.cancel();
      return;
    }
    events
        .exceptionHandler(error -> fail(GatewayError.of(error)))
        .endHandler(end -> checkEnded())
        .handler(this::onEvent);
  }

  private void onEvent(ChatEvent event) {
    try {
      send(event);
    } catch (RuntimeException e) {
      // The rest would follow, and the answer look complete without what this event had.
      LOG.log(Level.ERROR, "an answer was cut off because of an internal error", e);
      stream.cancel();
      fail(GatewayError.of(e));
    }
  }

  private void send(ChatEvent event) {
    if (event instanceof ChatEvent.End end) {
      complete(end);
    } else if (event instanceof ChatEvent.Resumed resumed) {
      comment(resumed);
      encoder.resumed();
    } else {
      boolean first = buffered == null;
      buffered = first ? newBuffer() : buffered;
      encoder.append(buffered, event);
      if (encoder.problem() != null) {
        stream.cancel();
        fail(GatewayError.of(Failure.of(FailureKind.TOO_LARGE, encoder.problem())));
        return;
      }
      if (buffered.length() > MAX_BUFFERED) {
        flush();
      } else if (first) {
        context.runOnContext(flush);
      }
    }
  }

  /**
   * Reports in a comment that the answer continues from another backend, since the headers have
   * been sent, to clients that accept comments.
   */
  private void comment(ChatEvent.Resumed resumed) {
    if (heartbeat && buffered != null) {
      buffered.appendString(text(resumed));
    } else if (heartbeat && !isFinished()) {
      buffered = newBuffer().appendString(text(resumed));
      context.runOnContext(flush);
    }
  }

  private static String text(ChatEvent.Resumed resumed) {
    // A model's name may come from a backend, and must not end the line.
    return ": resumed at %d bytes by %s\n\n"
        .formatted(
            resumed.deliveredBytes(),
            new CandidateName(resumed.backend(), resumed.model())
                .toString()
                .replaceAll("\\p{Cntrl}", " "));
  }

  private void flush() {
    if (buffered == null) {
      return;
    }
    Buffer data = takeBuffer();
    if (!isFinished()) {
      Future<Void> written = response.write(data);
      lastWrite = streams.now();
      buffers.giveBack(data, written);
      if (written.isComplete()) {
        releaseHeaders();
      } else {
        blocked = true;
        events.pause();
        written.onSuccess(v -> resume()); // If it fails, the client is gone.
      }
    }
  }

  /** Releases the headers, which have been sent and would be kept as long as the stream. */
  private void releaseHeaders() {
    if (!headersReleased) {
      headersReleased = true;
      request.headers().clear();
      response.headers().clear();
    }
  }

  private void resume() {
    releaseHeaders();
    blocked = response.ended(); // Then its end is being written.
    events.resume();
  }

  private Buffer takeBuffer() {
    Buffer data = buffered == null ? newBuffer() : buffered;
    buffered = null;
    return data;
  }

  /**
   * Sends a heartbeat if nothing has been written for a heartbeat interval, and resets an HTTP/2
   * stream whose window has been closed for the write-idle timeout; on HTTP/1.1 {@link Connections}
   * closes the connection of such a client.
   */
  @Override
  public void check(long now, long heartbeatMs, long writeIdleMs) {
    long sinceWriteMs = now - lastWrite;
    if (response.closed()) {
      streams.remove(this);
    } else if (blocked || failed) {
      if (isHttp2() && sinceWriteMs >= writeIdleMs) {
        streams.remove(this);
        response.reset(GatewayError.RESET_CODE);
      }
    } else if (heartbeat && heartbeatMs > 0 && sinceWriteMs >= heartbeatMs && buffered == null) {
      response.write(encoder.heartbeat());
      lastWrite = now;
    }
  }

  private void complete(ChatEvent.End end) {
    if (isFinished()) {
      return;
    }
    Buffer last = takeBuffer();
    encoder.end(last, end, stream);
    if (announcesCost) {
      RelayHeaders.putCostTrailer(response, end.costUsd());
    }
    Future<Void> written = isHttp2() ? WriteTimeout.end(response, last) : response.end(last);
    buffers.giveBack(last, written);
    blocked = true;
    lastWrite = streams.now();
    written.onComplete((v, gone) -> streams.remove(this));
  }

  /** Fails if the stream ended without an end event: a truncated answer must not look complete. */
  private void checkEnded() {
    if (!isFinished()) {
      String message = "the stream ended without its end event";
      fail(GatewayError.of(Failure.of(FailureKind.INTERNAL, message)));
    }
  }

  private void fail(GatewayError error) {
    if (isFinished()) {
      return;
    }
    if (buffered == null && !response.headWritten()) {
      front.sendError(response, error);
      return;
    }
    failed = true;
    lastWrite = streams.now();
    Buffer last = takeBuffer();
    encoder.error(last, error);
    response
        .write(last)
        .onComplete(sent -> context.owner().setTimer(ABORT_DELAY_MS, id -> abort()));
  }

  /** Closes the transport without completing the body. */
  private void abort() {
    streams.remove(this);
    if (isHttp2()) {
      response.reset(GatewayError.RESET_CODE);
    } else if (request.version() == HttpVersion.HTTP_1_0) {
      Connections.reset(request.connection());
    } else {
      request.connection().close();
    }
  }

  private boolean isHttp2() {
    return request.version() == HttpVersion.HTTP_2;
  }

  /** Returns a buffer for events. The first call prepares the head and adds the first events. */
  private Buffer newBuffer() {
    if (headPrepared) {
      return buffers.take();
    }
    headPrepared = true;
    streams.add(this);
    RelayHeaders.put(
        response, stream.id(), stream.backend(), stream.model(), stream.warning(), stream.trail());
    response
        .putHeader(HttpHeaders.CONTENT_TYPE, EVENT_STREAM)
        .putHeader(HttpHeaders.CACHE_CONTROL, NO_CACHE)
        .putHeader(ACCEL_BUFFERING, NO)
        .setChunked(true);
    announcesCost = RelayHeaders.announceCost(request);
    Buffer buffer = buffers.take();
    encoder.start(buffer);
    return buffer;
  }

  private boolean isFinished() {
    return failed || response.closed() || response.ended();
  }
}
