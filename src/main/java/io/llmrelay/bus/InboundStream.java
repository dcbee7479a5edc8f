package io.llmrelay.bus;

import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmException;
import io.vertx.core.AsyncResult;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonObject;

/**
 * The consumer's end of a stream: checks the numbering, and grants credit for what was consumed.
 *
 * <p>Nothing is buffered here: a chunk goes to the handler at once, and at most a window of them is
 * on the way. The handler says {@link #consumed} when it is done with one frame of them.
 */
public final class InboundStream implements BusEndpoint.End {

  /** What becomes of a stream's frames. {@code ended} and {@code failed} are terminal. */
  public interface Handler {
    /** The producer is known; from here on the stream runs. */
    default void accepted() {}

    void opened(JsonObject body);

    void chunks(Chunks chunks);

    void ended(JsonObject body);

    void failed(Failure failure);
  }

  private final BusEndpoint endpoint;
  private final String id;
  private final int window;
  private final Handler handler;
  private String peer;
  private long nextSeq;
  private int consumed;
  private boolean closed;

  InboundStream(BusEndpoint endpoint, String id, int window, Handler handler) {
    this.endpoint = endpoint;
    this.id = id;
    this.window = window;
    this.handler = handler;
  }

  @Override
  public String peer() {
    return peer;
  }

  /** The chunks of one more frame have been consumed. */
  public void consumed() {
    consumed++;
    grant();
  }

  private void grant() {
    if (consumed >= Math.max(1, window / 2) && peer != null && !closed) {
      int credit = consumed;
      consumed = 0;
      send(Frames.TYPE_CREDIT, credit);
    }
  }

  /** Ends the stream; the producer stops its work. No callback comes after it. */
  public void cancel() {
    if (!closed) {
      close();
      if (peer != null) {
        send(Frames.TYPE_CANCEL, 0);
      }
    }
  }

  void answered(AsyncResult<Message<Object>> reply) {
    if (reply.failed()) {
      if (!closed) {
        terminate(Frames.refusal(reply.cause()));
      }
      return;
    }
    peer = reply.result().headers().get(Frames.PEER);
    if (peer == null) {
      lost(Failure.of(FailureKind.INTERNAL, "the service on the event bus names no producer"));
    } else if (closed) {
      send(Frames.TYPE_CANCEL, 0);
    } else {
      grant();
      endpoint.guard(this, handler::accepted);
    }
  }

  @Override
  public void frame(Frame frame) {
    if (frame.seq() != nextSeq) {
      lost(Failure.of(FailureKind.NETWORK, "a frame was lost on the event bus"));
      return;
    }
    nextSeq++;
    if (frame.chunks() != null) {
      handler.chunks(frame.chunks());
    } else if (frame.body() == null) {
      disorder(frame);
    } else {
      switch (frame.type()) {
        case Frames.TYPE_OPEN -> handler.opened(frame.body());
        case Frames.TYPE_END -> ended(frame.body());
        case Frames.TYPE_FAIL -> terminate(Failure.fromJson(frame.body()));
        default -> disorder(frame);
      }
    }
  }

  private void ended(JsonObject body) {
    close();
    try {
      handler.ended(body);
    } catch (RuntimeException e) {
      handler.failed(LlmException.failureOf(e)); // Nobody else will, it is closed.
      throw e;
    }
  }

  private void disorder(Frame frame) {
    lost(
        Failure.of(
            FailureKind.NETWORK, "a frame on the event bus is not in order: " + frame.type()));
  }

  @Override
  public void lost(Failure failure) {
    if (!closed) {
      cancel();
      handler.failed(failure);
    }
  }

  @Override
  public void broken(Failure failure) {
    lost(failure);
  }

  private void terminate(Failure failure) {
    close();
    handler.failed(failure);
  }

  private void close() {
    closed = true;
    endpoint.remove(this, id);
  }

  private void send(String type, int credit) {
    endpoint.send(peer, Frame.back(type, id, endpoint.address(), credit));
  }
}
