package io.llmrelay.bus;

import io.llmrelay.chat.AnswerEnd;
import io.llmrelay.chat.AnswerHead;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.ChatExchange;
import io.llmrelay.chat.ChatService;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.Chunks;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.LlmRequest;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonObject;
import java.util.ArrayDeque;

/**
 * The producer's end of a stream. It encodes the events of a service as numbered frames, and sends
 * chunks only under credit.
 *
 * <p>Without credit, chunks are queued. The queue holds no more than the service had read when the
 * credit was used up, because the service reads no further until the consumer grants credit.
 */
final class OutboundStream implements ChatSink, BusEndpoint.StreamSide {
  /** A frame to send: chunks or a body, and the index of the block that it starts. */
  private record Queued(String type, Chunks chunks, JsonObject body, int block) {}

  private final BusEndpoint endpoint;
  private final FrameCodec.Opening opening;
  private final StreamTrace trace;
  private final ArrayDeque<Queued> queue = new ArrayDeque<>();
  private ChatExchange exchange;
  private int currentBlock = -1;
  private long sent;
  private long consumed;
  private long seq;
  private boolean closed;
  private boolean quiet = true;

  OutboundStream(BusEndpoint endpoint, FrameCodec.Opening opening, StreamTrace trace) {
    this.endpoint = endpoint;
    this.opening = opening;
    this.trace = trace;
  }

  void open(ChatService service, LlmRequest request) {
    boolean opened = false;
    try {
      trace.run(() -> exchange = service.open(request, this));
      opened = true;
    } finally {
      if (!opened) {
        trace.end();
      }
    }
  }

  @Override
  public String peer() {
    return opening.peer();
  }

  @Override
  public int window() {
    return opening.window();
  }

  @Override
  public void opened(AnswerHead head) {
    push(FrameCodec.TYPE_OPEN, null, head.toJson());
  }

  @Override
  public void block(Block block) {
    if (opening.blocks()) {
      push(new Queued(FrameCodec.TYPE_BLOCK, null, block.toJson(), block.index()));
    }
  }

  @Override
  public void chunks(Chunks chunks) {
    push(FrameCodec.TYPE_CHUNK, chunks, null);
  }

  /** Ends the stream after the queued frames. */
  @Override
  public void ended(AnswerEnd end) {
    push(FrameCodec.TYPE_END, null, end.toJson());
  }

  /**
   * Ends the stream at once. Chunks that wait for credit are dropped and not counted as delivered,
   * so that a consumer that does not read cannot keep a failed stream open.
   */
  @Override
  public void failed(Failure failure) {
    long chunks = 0;
    long bytes = 0;
    for (Queued dropped : queue) {
      chunks += dropped.chunks == null ? 0 : dropped.chunks.count();
      bytes += dropped.chunks == null ? 0 : dropped.chunks.data().length();
    }
    queue.clear();
    Failure corrected =
        failure.deliveredChunks() == 0
            ? failure
            : failure.withDelivered(
                Math.max(0, failure.deliveredChunks() - chunks),
                Math.max(0, failure.deliveredBytes() - bytes));
    push(FrameCodec.TYPE_FAIL, null, corrected.toJson());
  }

  @Override
  public String quietId() {
    String quietId = quiet ? opening.stream() : null;
    quiet = true;
    return quietId;
  }

  @Override
  public void onFrame(String type, Message<?> message) {
    quiet = false;
    if (type.equals(FrameCodec.TYPE_CANCEL)) {
      close();
      cancelService("the consumer cancelled");
      return;
    }
    // Caps the credit count of a faulty consumer, which could overflow.
    long count = Math.min(FrameCodec.credit(message), sent + FrameCodec.MAX_WINDOW);
    if (count > consumed) {
      long more = count - consumed;
      consumed = count;
      flush();
      if (!closed) {
        exchange.consumed((int) Math.min(Integer.MAX_VALUE, more));
      }
    }
  }

  @Override
  public void onPeerLost(Failure failure) {
    if (!closed) {
      close();
      cancelService(failure.message());
    }
  }

  @Override
  public void abort(Failure failure) {
    if (!closed) {
      failed(failure);
      cancelService(failure.message());
    }
  }

  /** Cancels the exchange, if the service has returned one. */
  private void cancelService(String reason) {
    if (exchange != null) {
      exchange.cancel(reason);
    }
  }

  private void push(String type, Chunks chunks, JsonObject body) {
    push(new Queued(type, chunks, body, -1));
  }

  private void push(Queued frame) {
    if (!closed) {
      queue.add(frame);
      flush();
    }
  }

  private void flush() {
    while (!queue.isEmpty() && !closed) {
      Queued next = queue.peek();
      if (next.chunks != null && sent >= opening.window() + consumed) {
        return;
      }
      queue.poll();
      if (next.chunks != null) {
        sent++;
      } else if (next.type.equals(FrameCodec.TYPE_END) || next.type.equals(FrameCodec.TYPE_FAIL)) {
        close();
      }
      send(next);
    }
  }

  private void send(Queued next) {
    DeliveryOptions options =
        FrameCodec.frameOptions(next.type, opening.stream(), endpoint.address(), seq++);
    if (next.chunks == null) {
      if (next.type.equals(FrameCodec.TYPE_BLOCK)) {
        currentBlock = next.block;
      }
      endpoint.send(peer(), next.body, options);
    } else {
      FrameCodec.addChunkHeaders(next.chunks, opening.blocks(), currentBlock, options.getHeaders());
      endpoint.send(peer(), next.chunks.data(), options);
    }
  }

  private void close() {
    closed = true;
    trace.end();
    endpoint.remove(BusEndpoint.key(opening.peer(), opening.stream()), this);
  }
}
