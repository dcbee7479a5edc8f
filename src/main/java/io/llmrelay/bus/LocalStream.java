package io.llmrelay.bus;

import io.llmrelay.chat.AnswerEnd;
import io.llmrelay.chat.AnswerHead;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.ChatExchange;
import io.llmrelay.chat.ChatService;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.Chunks;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.LlmRequest;

/**
 * A stream between two endpoints on one context: both of its ends, without frames.
 *
 * <p>It behaves like a stream over the event bus: if either endpoint closes, the stream ends for
 * both sides, and an exception thrown by one side does not propagate to the other.
 */
final class LocalStream implements ChatSink, ChatExchange, BusEndpoint.StreamSide {
  private final BusEndpoint consumer;
  private final BusEndpoint producer;
  private final ChatSink sink;
  private ChatExchange exchange;
  private boolean closed;

  LocalStream(BusEndpoint consumer, BusEndpoint producer, ChatSink sink) {
    this.consumer = consumer;
    this.producer = producer;
    this.sink = sink;
  }

  void open(ChatService service, LlmRequest request) {
    try {
      exchange = service.open(request, this);
      consumer.add(this);
      producer.add(this);
    } catch (RuntimeException e) {
      Failure refusal = LlmException.failureOf(e);
      consumer.context().runOnContext(v -> failed(refusal));
    }
  }

  @Override
  public int window() {
    return sink.window();
  }

  @Override
  public void consumed(int calls) {
    if (!closed) {
      exchange.consumed(calls);
    }
  }

  @Override
  public void cancel(String reason) {
    if (!closed) {
      close();
      if (exchange != null) {
        exchange.cancel(reason);
      }
    }
  }

  @Override
  public void opened(AnswerHead head) {
    if (!closed) {
      try {
        sink.opened(head);
      } catch (Throwable e) {
        thrown(e);
      }
    }
  }

  @Override
  public void block(Block block) {
    if (!closed) {
      try {
        sink.block(block);
      } catch (Throwable e) {
        thrown(e);
      }
    }
  }

  @Override
  public void chunks(Chunks chunks) {
    if (!closed) {
      try {
        sink.chunks(chunks);
      } catch (Throwable e) {
        thrown(e);
      }
    }
  }

  @Override
  public void ended(AnswerEnd end) {
    if (!closed) {
      close();
      try {
        sink.ended(end);
      } catch (Throwable e) {
        BusEndpoint.log(e);
        notifyFailed(LlmException.failureOf(e));
      }
    }
  }

  @Override
  public void failed(Failure failure) {
    if (!closed) {
      close();
      notifyFailed(failure);
    }
  }

  private void thrown(Throwable e) {
    BusEndpoint.log(e);
    abort(LlmException.failureOf(e));
  }

  @Override
  public void abort(Failure failure) {
    if (!closed) {
      try {
        cancel(failure.message());
      } finally {
        notifyFailed(failure);
      }
    }
  }

  private void notifyFailed(Failure failure) {
    try {
      sink.failed(failure);
    } catch (Throwable e) {
      BusEndpoint.log(e);
    }
  }

  private void close() {
    closed = true;
    consumer.remove(this);
    producer.remove(this);
  }

  @Override
  public String peer() {
    return null;
  }

  @Override
  public void onPeerLost(Failure failure) {
    abort(failure);
  }
}
