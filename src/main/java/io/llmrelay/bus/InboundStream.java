package io.llmrelay.bus;

import io.llmrelay.chat.ChunkKind;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.vertx.core.AsyncResult;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
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
    if (++consumed >= Math.max(1, window / 2) && peer != null && !closed) {
      String credit = Integer.toString(consumed);
      consumed = 0;
      send(Frames.TYPE_CREDIT, credit);
    }
  }

  /** Ends the stream; the producer stops its work. No callback comes after it. */
  public void cancel() {
    if (!closed) {
      close();
      if (peer != null) {
        send(Frames.TYPE_CANCEL, null);
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
      send(Frames.TYPE_CANCEL, null);
    } else {
      endpoint.guard(this, handler::accepted);
    }
  }

  @Override
  public void frame(String type, Message<Object> message) {
    if (!Long.toString(nextSeq).equals(message.headers().get(Frames.SEQ))) {
      lost(Failure.of(FailureKind.NETWORK, "a frame was lost on the event bus"));
      return;
    }
    nextSeq++;
    if (type.equals(Frames.TYPE_CHUNK) && message.body() instanceof Buffer data) {
      chunks(message, data);
    } else if (type.equals(Frames.TYPE_OPEN) && message.body() instanceof JsonObject body) {
      handler.opened(body);
    } else if (type.equals(Frames.TYPE_END) && message.body() instanceof JsonObject body) {
      close();
      handler.ended(body);
    } else if (type.equals(Frames.TYPE_FAIL) && message.body() instanceof JsonObject body) {
      terminate(Failure.fromJson(body));
    } else {
      lost(Failure.of(FailureKind.NETWORK, "a frame on the event bus is not in order: " + type));
    }
  }

  private void chunks(Message<Object> message, Buffer data) {
    ChunkKind kind = ChunkKind.of(message.headers().get(Frames.KIND));
    Chunks chunks = Chunks.of(kind, data, message.headers().get(Frames.LENGTHS));
    if (chunks == null) {
      lost(Failure.of(FailureKind.NETWORK, "the lengths of a frame's chunks are not in order"));
    } else {
      handler.chunks(chunks);
    }
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

  private void send(String type, String credit) {
    MultiMap headers = Frames.headers(id, type).add(Frames.PEER, endpoint.address());
    if (credit != null) {
      headers.add(Frames.CREDIT, credit);
    }
    endpoint.bus().send(peer, null, Frames.options(headers));
  }
}
