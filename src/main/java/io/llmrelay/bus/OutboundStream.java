package io.llmrelay.bus;

import io.llmrelay.chat.ChunkKind;
import io.llmrelay.chat.Failure;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.util.ArrayDeque;

/**
 * The producer's end of a stream: numbers the frames and never sends a chunk without credit.
 *
 * <p>A chunk that finds no credit waits in a queue. The queue is as long as the producer makes it:
 * it must stop at {@link #writeQueueFull} until {@link Handler#drained}, so that what waits here is
 * no more than what one read from its source produced.
 */
public final class OutboundStream implements BusEndpoint.End {
  /** More than any window; a consumer that grants without end does not run up a number. */
  private static final long MAX_CREDIT = 99_999;

  /** What the producer is told. */
  public interface Handler {
    /** There is credit again, and nothing waits. */
    void drained();

    /** The consumer cancelled or vanished; nothing more can be sent. Terminal. */
    void cancelled(String reason);
  }

  /** What waits for credit, or for a chunk before it; {@code chunks} only where it is some. */
  private record Waiting(String type, Chunks chunks, JsonObject body) {}

  private final BusEndpoint endpoint;
  private final String id;
  private final String peer;
  private final Handler handler;
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private long credit;
  private long seq;
  private boolean closed;

  OutboundStream(BusEndpoint endpoint, String id, String peer, int window, Handler handler) {
    this.endpoint = endpoint;
    this.id = id;
    this.peer = peer;
    this.credit = window;
    this.handler = handler;
  }

  @Override
  public String peer() {
    return peer;
  }

  /** The stream's id, unique among those of its consumer. */
  public String id() {
    return id;
  }

  /** Whether the source should be paused until {@link Handler#drained}. */
  public boolean writeQueueFull() {
    return credit <= 0;
  }

  /** Says that the stream begins; needs no credit. */
  public void open(JsonObject body) {
    push(new Waiting(Frames.TYPE_OPEN, null, body));
  }

  /** Sends a chunk, in more than one frame where it is long. */
  public void chunk(ChunkKind kind, Buffer data) {
    for (int from = 0; from < data.length(); ) {
      int to = Frames.cut(data, from);
      push(Chunks.of(kind, data.length() == to - from ? data : data.slice(from, to)));
      from = to;
    }
  }

  /** Sends chunks in one frame, or in as many as their text needs. */
  public void chunks(Chunks chunks) {
    if (chunks.data().length() <= Frames.MAX_CHUNK) {
      push(chunks);
      return;
    }
    while (chunks.hasNext()) {
      chunk(chunks.kind(), chunks.next());
    }
  }

  private void push(Chunks chunks) {
    push(new Waiting(Frames.TYPE_CHUNK, chunks, null));
  }

  /** Ends the stream, after what still waits. */
  public void end(JsonObject body) {
    push(new Waiting(Frames.TYPE_END, null, body));
  }

  /**
   * Ends the stream with a failure, at once: what still waits for credit is dropped, and not
   * counted as delivered. A consumer that does not read must not keep the stream of a broken answer
   * open.
   */
  public void fail(Failure failure) {
    long chunks = 0;
    long bytes = 0;
    for (Waiting dropped : waiting) {
      chunks += dropped.chunks == null ? 0 : dropped.chunks.count();
      bytes += dropped.chunks == null ? 0 : dropped.chunks.data().length();
    }
    waiting.clear();
    Failure told =
        failure.deliveredChunks() == 0
            ? failure
            : failure.withDelivered(
                Math.max(0, failure.deliveredChunks() - chunks),
                Math.max(0, failure.deliveredBytes() - bytes));
    push(new Waiting(Frames.TYPE_FAIL, null, told.toJson()));
  }

  @Override
  public void frame(Frame frame) {
    if (frame.type().equals(Frames.TYPE_CANCEL)) {
      close();
      handler.cancelled("the consumer cancelled");
    } else if (frame.credit() > 0) {
      boolean wasFull = writeQueueFull();
      credit = Math.min(MAX_CREDIT, credit + frame.credit());
      flush();
      if (wasFull && !writeQueueFull() && !closed) {
        handler.drained();
      }
    }
  }

  @Override
  public void lost(Failure failure) {
    if (!closed) {
      close();
      handler.cancelled(failure.message());
    }
  }

  @Override
  public void broken(Failure failure) {
    if (!closed) {
      fail(failure);
      handler.cancelled(failure.message());
    }
  }

  private void push(Waiting frame) {
    if (!closed) {
      waiting.add(frame);
      flush();
    }
  }

  private void flush() {
    while (!waiting.isEmpty() && !closed) {
      Waiting frame = waiting.peek();
      boolean chunk = frame.chunks != null;
      if (chunk && credit <= 0) {
        return;
      }
      waiting.poll();
      if (chunk) {
        credit--;
      } else if (!frame.type.equals(Frames.TYPE_OPEN)) {
        close();
      }
      send(frame);
    }
  }

  private void send(Waiting next) {
    String address = next.type.equals(Frames.TYPE_OPEN) ? endpoint.address() : null;
    endpoint.send(peer, new Frame(next.type, id, address, seq++, 0, next.chunks, next.body));
  }

  private void close() {
    closed = true;
    endpoint.remove(this, id);
  }
}
