package io.llmrelay.bus;

import io.llmrelay.chat.AnswerEnd;
import io.llmrelay.chat.AnswerHead;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatExchange;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.Chunks;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The consumer's end of a stream: checks the sequence of frames, decodes them into calls of the
 * sink, and grants credit for consumed chunks.
 *
 * <p>It buffers nothing: at most a window of chunk frames is in flight.
 */
final class InboundStream implements ChatExchange, BusEndpoint.StreamSide {
  /** The maximum number of blocks of an answer; a producer that sends more is faulty. */
  private static final int MAX_BLOCKS = 100_000;

  private final BusEndpoint endpoint;
  private final ChatSink sink;
  private final int window;
  private final boolean consumesAtOnce;
  private final Map<Integer, Block> blocks = new HashMap<>();

  /** The stream ids of the requests that may still be accepted; after that the accepted one. */
  private final Set<String> ids = new HashSet<>();

  private final String firstId;
  private int openings;
  private String id;
  private Block last;

  /** Whether the producer sends block frames. */
  private boolean namesBlocks;

  private String peer;
  private long nextSeq;
  private long consumed;
  private long granted;
  private boolean closed;
  private boolean quiet = true;

  InboundStream(BusEndpoint endpoint, String id, ChatSink sink, int defaultWindow) {
    this.endpoint = endpoint;
    firstId = id;
    this.sink = sink;
    consumesAtOnce = sink.window() == Integer.MAX_VALUE;
    window = consumesAtOnce ? defaultWindow : Math.min(FrameCodec.MAX_WINDOW, sink.window());
  }

  /** Returns the headers of a further request for this stream, with an id of its own. */
  FrameCodec.Opening nextOpening() {
    String next = openings == 0 ? firstId : firstId + "." + openings;
    openings++;
    ids.add(next);
    endpoint.add(next, this);
    return new FrameCodec.Opening(next, endpoint.address(), window, true);
  }

  /** Whether no request for this stream has been accepted yet, and it is not cancelled. */
  boolean isOpening() {
    return id == null && !closed;
  }

  /** Notes that a request was refused. */
  void forget(String refused) {
    ids.remove(refused);
    endpoint.remove(refused, this);
  }

  @Override
  public String peer() {
    return peer;
  }

  @Override
  public void consumed(int calls) {
    consumed += calls;
    grant();
  }

  private void grant() {
    if (consumed - granted >= Math.max(1, window / 2) && peer != null && !closed) {
      granted = consumed;
      endpoint.send(peer, null, FrameCodec.creditOptions(id, endpoint.address(), consumed));
    }
  }

  @Override
  public void cancel(String reason) {
    if (!closed) {
      close();
      cancelProducer();
    }
  }

  private void cancelProducer() {
    if (peer != null) {
      endpoint.send(peer, null, FrameCodec.cancelOptions(id, endpoint.address()));
    }
  }

  /** Takes the producer that accepted the request with this stream id. */
  void accepted(String acceptedId, String producer) {
    id = acceptedId;
    peer = producer;
    List.copyOf(ids).stream().filter(other -> !other.equals(id)).forEach(this::forget);
    if (peer == null) {
      abort(Failure.of(FailureKind.INTERNAL, "the service on the event bus names no producer"));
    } else {
      grant();
    }
  }

  /** Fails the stream: no producer has accepted it. */
  void refused(Failure failure) {
    fail(failure);
  }

  @Override
  public String quietId() {
    String quietId = quiet ? id : null;
    quiet = true;
    return quietId;
  }

  @Override
  public void onFrame(String type, Message<?> message) {
    quiet = false;
    if (type.equals(FrameCodec.TYPE_CANCEL)) {
      if (FrameCodec.peer(message).equals(peer)) {
        abort(Failure.of(FailureKind.NETWORK, "the producer has ended the stream"));
      }
      return;
    }
    if (FrameCodec.seq(message) != nextSeq) {
      abort(Failure.of(FailureKind.NETWORK, "a frame was lost on the event bus"));
      return;
    }
    nextSeq++;
    boolean valid;
    if (type.equals(FrameCodec.TYPE_CHUNK)) {
      valid = message.body() instanceof Buffer data && chunks(data, message);
    } else {
      valid = message.body() instanceof JsonObject body && decode(type, body);
    }
    if (!valid) {
      abort(Failure.of(FailureKind.NETWORK, "a frame on the event bus is malformed: " + type));
    }
  }

  /** Passes the body of a frame to the sink; returns false if it is malformed. */
  private boolean decode(String type, JsonObject body) {
    Object decoded;
    try {
      decoded = FrameCodec.decodeBody(type, body);
    } catch (RuntimeException malformed) {
      return false;
    }
    if (decoded instanceof AnswerHead head) {
      sink.opened(head);
    } else if (decoded instanceof Block block) {
      namesBlocks = true;
      return start(block);
    } else if (decoded instanceof AnswerEnd end) {
      ended(end);
    } else if (decoded instanceof Failure failure) {
      fail(failure);
    }
    return decoded != null;
  }

  private boolean start(Block block) {
    if (blocks.size() == MAX_BLOCKS || blocks.putIfAbsent(block.index(), block) != null) {
      return false;
    }
    last = block;
    sink.block(block);
    return true;
  }

  private boolean chunks(Buffer data, Message<?> message) {
    int index = FrameCodec.blockIndex(message);
    Block block;
    if (index >= 0) {
      block = blocks.get(index);
    } else {
      block = namesBlocks ? last : blockOf(FrameCodec.kind(message));
    }
    Chunks chunks = block == null ? null : FrameCodec.chunks(block, data, message);
    if (chunks == null) {
      return false;
    }
    sink.chunks(chunks);
    if (consumesAtOnce) {
      consumed(1);
    }
    return true;
  }

  /** Returns the block of chunks that name none; starts a new one if the kind changes. */
  private Block blockOf(BlockKind kind) {
    if (last == null || last.kind() != kind) {
      Block block = Block.of(last == null ? 0 : last.index() + 1, kind);
      return start(block) ? block : null;
    }
    return last;
  }

  private void ended(AnswerEnd end) {
    close();
    try {
      sink.ended(end);
    } catch (RuntimeException e) {
      sink.failed(LlmException.failureOf(e)); // The stream is closed already, so guard() cannot.
      throw e;
    }
  }

  @Override
  public void onPeerLost(Failure failure) {
    abort(failure);
  }

  @Override
  public void abort(Failure failure) {
    if (!closed) {
      cancel(failure.message());
      sink.failed(failure);
    }
  }

  private void fail(Failure failure) {
    close();
    sink.failed(failure);
  }

  private void close() {
    closed = true;
    List.copyOf(ids).forEach(this::forget);
  }
}
