package io.llmrelay;

import io.llmrelay.chat.AnswerEnd;
import io.llmrelay.chat.AnswerHead;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatEvent;
import io.llmrelay.chat.ChatExchange;
import io.llmrelay.chat.Chunks;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.streams.ReadStream;
import java.util.ArrayDeque;
import java.util.List;

/**
 * The consumer's stream. It uses two contexts: the answer arrives on that of the client's endpoint,
 * everything else runs on the consumer's, and each side posts tasks to the other. If both are on
 * one event loop, as is usual, no task is posted.
 *
 * <p>Chunks are queued until there is demand and a handler. Only chunks that were passed to the
 * handler are reported as consumed, so the queue is bounded by the window, plus what was read from
 * the socket at once. The terminal signal follows the queued chunks, also requires demand and a
 * handler, and is sent once.
 */
final class RelayStream implements LlmStream, CallerSink {
  private final ContextInternal context;
  private final int window;
  private final Promise<LlmStream> promise;

  // Written on the endpoint's context before anything is posted to the consumer's.
  private ContextInternal endpointContext;
  private ChatExchange exchange;
  private Runnable onOver = () -> {};

  // Accessed only on the consumer's context.
  /**
   * The events to deliver: a {@link Block} where it starts, {@link Chunks}, and {@link
   * ChatEvent.Resumed}.
   */
  private final ArrayDeque<Object> queue = new ArrayDeque<>(4);

  /** The delivered chunks of the first {@link Chunks} in the queue, and their bytes. */
  private int deliveredChunks;

  private int deliveredBytes;
  private final Handler<Object> enqueue =
      more -> {
        queue.add(more);
        drain();
      };
  private final Events events = new Events();
  private AnswerHead head;
  private List<Attempt> trail = List.of();
  private ChatEvent.End end;
  private boolean endDelivered;
  private Failure failure;
  private Handler<Buffer> textHandler;
  private Handler<ChatEvent> eventHandler;
  private Handler<Throwable> exceptionHandler;
  private Handler<Void> endHandler;
  private long demand = Long.MAX_VALUE;
  private boolean flowing;
  private boolean draining;
  private boolean drainScheduled;
  private boolean over;

  RelayStream(ContextInternal context, int window, Promise<LlmStream> promise) {
    this.context = context;
    this.window = window;
    this.promise = promise;
  }

  // On the endpoint's context.

  @Override
  public void opening(ContextInternal on, ChatExchange opened, Runnable whenOver) {
    endpointContext = on;
    exchange = opened;
    onOver = whenOver;
  }

  @Override
  public int window() {
    return window;
  }

  @Override
  public void opened(AnswerHead opened) {
    context.emit(
        v -> {
          boolean resumed = head != null;
          head = opened;
          trail = opened.trail();
          if (resumed) {
            enqueue.handle(resumed(opened));
          } else {
            promise.tryComplete(this);
          }
        });
  }

  private static ChatEvent.Resumed resumed(AnswerHead opened) {
    Attempt last = opened.trail().get(opened.trail().size() - 1);
    return new ChatEvent.Resumed(opened.backend(), opened.model(), last.resumedAtBytes());
  }

  @Override
  public void block(Block block) {
    context.emit(block, enqueue);
  }

  @Override
  public void chunks(Chunks chunks) {
    context.emit(chunks, enqueue);
  }

  @Override
  public void ended(AnswerEnd last) {
    context.emit(
        v -> {
          trail = last.trail();
          end = new ChatEvent.End(last.finishReason(), last.usage(), last.costUsd());
          drain();
        });
  }

  @Override
  public void failed(Failure why) {
    context.emit(
        v -> {
          if (promise.tryFail(why.toException())) {
            close();
          } else {
            trail = why.trail().isEmpty() ? trail : why.trail();
            failure = why;
            drain();
          }
        });
  }

  @Override
  public void onCancel() {
    exchange.cancel("the caller cancelled");
    Failure cancelled = Failure.of(FailureKind.CANCELLED, "the caller cancelled");
    context.emit(
        v -> {
          promise.tryFail(cancelled.toException());
          close();
        });
  }

  // On any context.

  @Override
  public LlmStream handler(Handler<Buffer> handler) {
    return onContext(
        () -> {
          if (handler == null) {
            cancel();
          } else if (eventHandler != null) {
            throw new IllegalStateException("the stream is read as events already");
          }
          textHandler = handler;
          start();
        });
  }

  @Override
  public LlmStream exceptionHandler(Handler<Throwable> handler) {
    return onContext(
        () -> {
          exceptionHandler = handler;
          drainSoon();
        });
  }

  @Override
  public LlmStream endHandler(Handler<Void> handler) {
    return onContext(
        () -> {
          endHandler = handler;
          drainSoon();
        });
  }

  @Override
  public LlmStream pause() {
    return onContext(() -> demand = 0);
  }

  @Override
  public LlmStream resume() {
    return fetch(Long.MAX_VALUE);
  }

  @Override
  public LlmStream fetch(long amount) {
    if (amount < 0) {
      throw new IllegalArgumentException("amount must not be negative");
    }
    return onContext(
        () -> {
          demand = demand + amount < 0 ? Long.MAX_VALUE : demand + amount;
          drain();
        });
  }

  @Override
  public void cancel() {
    onContext(
        () -> {
          if (!over && end == null && failure == null) {
            endpointContext.runOnContext(v -> exchange.cancel("the caller cancelled"));
          }
          close();
        });
  }

  @Override
  public String id() {
    return head.id();
  }

  @Override
  public String backend() {
    return head.backend();
  }

  @Override
  public String model() {
    return head.model();
  }

  @Override
  public String warning() {
    return head.warning();
  }

  @Override
  public List<Attempt> trail() {
    return trail;
  }

  @Override
  public FinishReason finishReason() {
    return end == null ? null : end.finishReason();
  }

  @Override
  public TokenUsage usage() {
    return end == null ? TokenUsage.NONE : end.usage();
  }

  @Override
  public Double costUsd() {
    return end == null ? null : end.costUsd();
  }

  @Override
  public ReadStream<ChatEvent> events() {
    return events;
  }

  private LlmStream onContext(Runnable action) {
    if (Vertx.currentContext() == context) {
      action.run();
    } else {
      context.runOnContext(v -> action.run());
    }
    return this;
  }

  /** Starts the flow in a later task, so that the caller can set all handlers before. */
  private void start() {
    if (!flowing) {
      flowing = true;
      drainSoon();
    }
  }

  private void drainSoon() {
    if (!drainScheduled) {
      drainScheduled = true;
      context.runOnContext(
          v -> {
            drainScheduled = false;
            drain();
          });
    }
  }

  private void close() {
    over = true;
    queue.clear();
    onOver.run();
  }

  /** Delivers as much as there is demand for. */
  private void drain() {
    if (!draining && flowing) {
      deliver();
    }
    if (queue.isEmpty() && (end != null || failure != null)) {
      onOver.run();
    }
  }

  private void deliver() {
    draining = true;
    int consumed = 0;
    try {
      while (demand > 0 && !queue.isEmpty() && !over) {
        if (queue.peek() instanceof Chunks chunks) {
          int length = chunks.length(deliveredChunks);
          Buffer data = chunks.data();
          if (chunks.count() > 1) {
            data = data.slice(deliveredBytes, deliveredBytes + length);
          }
          deliveredBytes += length;
          if (++deliveredChunks == chunks.count()) {
            deliveredChunks = 0;
            deliveredBytes = 0;
            queue.poll();
            consumed++;
          }
          deliver(chunks.block(), data);
        } else {
          Object next = queue.poll();
          if (eventHandler != null) {
            deliver(
                next instanceof Block block
                    ? new ChatEvent.BlockStart(block)
                    : (ChatEvent.Resumed) next);
          }
        }
      }
      if (demand > 0 && queue.isEmpty() && !over) {
        finish();
      }
    } catch (RuntimeException e) {
      // If the handler throws, its chunk is lost, but not the rest of the stream.
      context.runOnContext(v -> drain());
      throw e;
    } finally {
      draining = false;
      reportConsumed(consumed);
    }
  }

  private void deliver(Block block, Buffer data) {
    if (eventHandler != null) {
      deliver(new ChatEvent.Chunk(block, data));
    } else if (block.kind() == BlockKind.TEXT) {
      demand -= demand == Long.MAX_VALUE ? 0 : 1;
      if (textHandler != null) {
        textHandler.handle(data);
      }
    }
  }

  private void deliver(ChatEvent event) {
    demand -= demand == Long.MAX_VALUE ? 0 : 1;
    eventHandler.handle(event);
  }

  private void finish() {
    if (end != null && !endDelivered) {
      endDelivered = true;
      if (eventHandler != null) {
        deliver(end);
      }
      if (demand == 0 || over) {
        return;
      }
    }
    if (failure != null && exceptionHandler != null) {
      over = true;
      exceptionHandler.handle(failure.toException());
    } else if (end != null && failure == null && endHandler != null) {
      over = true;
      endHandler.handle(null);
    }
  }

  private void reportConsumed(int count) {
    if (count > 0 && end == null && failure == null) {
      if (endpointContext.inThread()) {
        exchange.consumed(count);
      } else {
        endpointContext.runOnContext(v -> exchange.consumed(count));
      }
    }
  }

  /** The stream as events, with the demand and the signals of the stream. */
  private final class Events implements ReadStream<ChatEvent> {
    @Override
    public ReadStream<ChatEvent> exceptionHandler(Handler<Throwable> handler) {
      RelayStream.this.exceptionHandler(handler);
      return this;
    }

    @Override
    public ReadStream<ChatEvent> handler(Handler<ChatEvent> handler) {
      onContext(
          () -> {
            if (handler == null) {
              cancel();
            } else if (textHandler != null) {
              throw new IllegalStateException("the stream is read as text already");
            }
            eventHandler = handler;
            start();
          });
      return this;
    }

    @Override
    public ReadStream<ChatEvent> pause() {
      RelayStream.this.pause();
      return this;
    }

    @Override
    public ReadStream<ChatEvent> resume() {
      RelayStream.this.resume();
      return this;
    }

    @Override
    public ReadStream<ChatEvent> fetch(long amount) {
      RelayStream.this.fetch(amount);
      return this;
    }

    @Override
    public ReadStream<ChatEvent> endHandler(Handler<Void> handler) {
      RelayStream.this.endHandler(handler);
      return this;
    }
  }
}
