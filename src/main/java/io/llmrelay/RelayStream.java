package io.llmrelay;

import io.llmrelay.bus.BusEndpoint;
import io.llmrelay.bus.Chunks;
import io.llmrelay.bus.InboundStream;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.ChatEvent;
import io.llmrelay.chat.ChunkKind;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.json.JsonObject;
import io.vertx.core.streams.ReadStream;
import java.util.ArrayDeque;
import java.util.List;

/**
 * The consumer's stream. It stands on two contexts: frames arrive on the endpoint's, everything
 * else happens on the consumer's, and each side only posts to the other.
 *
 * <p>What arrived waits in a queue until there is demand and a handler; credit goes back only for
 * what the handler was given, so the queue never holds more than a window. The terminal signal
 * waits behind the queue, for demand and for its handler, and is given once.
 */
final class RelayStream implements LlmStream, Answer {
  private final ContextInternal context;
  private final Promise<LlmStream> promise;

  // Written on the endpoint's context before anything is posted to the consumer's.
  private BusEndpoint endpoint;
  private InboundStream stream;
  private Runnable onOver = () -> {};

  // Only touched on the consumer's context.
  private final ArrayDeque<Chunks> queue = new ArrayDeque<>();
  private final Events events = new Events();
  private String id;
  private String backend;
  private String model;
  private String warning;
  private List<Attempt> trail = List.of();
  private ChatEvent.End end;
  private boolean endGiven;
  private Failure failure;
  private Handler<Buffer> textHandler;
  private Handler<ChatEvent> eventHandler;
  private Handler<Throwable> exceptionHandler;
  private Handler<Void> endHandler;
  private long demand = Long.MAX_VALUE;
  private boolean flowing;
  private boolean draining;
  private boolean over;

  RelayStream(ContextInternal context, Promise<LlmStream> promise) {
    this.context = context;
    this.promise = promise;
  }

  // The endpoint's side.

  @Override
  public void opening(BusEndpoint on, InboundStream opened, Runnable whenOver) {
    endpoint = on;
    stream = opened;
    onOver = whenOver;
  }

  @Override
  public void opened(JsonObject body) {
    String run = body.getString("id");
    String serving = body.getString("backend");
    String its = body.getString("model");
    String words = body.getString("warning");
    List<Attempt> before = Attempt.listFromJson(body.getJsonArray("trail"));
    context.emit(
        v -> {
          id = run;
          backend = serving;
          model = its;
          warning = words;
          trail = before;
          promise.tryComplete(this);
        });
  }

  @Override
  public void chunks(Chunks chunks) {
    context.emit(
        v -> {
          queue.add(chunks);
          drain();
        });
  }

  @Override
  public void ended(JsonObject body) {
    FinishReason reason = FinishReason.of(body.getString("finish_reason"));
    TokenUsage usage = TokenUsage.fromJson(body.getJsonObject("usage"));
    ChatEvent.End last = new ChatEvent.End(reason, usage, body.getDouble("cost_usd"));
    List<Attempt> complete = Attempt.listFromJson(body.getJsonArray("trail"));
    context.emit(
        v -> {
          trail = complete;
          end = last;
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
  public void cancelled() {
    stream.cancel();
    Failure cancelled = Failure.of(FailureKind.CANCELLED, "the caller cancelled");
    context.emit(
        v -> {
          promise.tryFail(cancelled.toException());
          close();
        });
  }

  // The consumer's side.

  @Override
  public LlmStream handler(Handler<Buffer> handler) {
    return here(
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
    return here(
        () -> {
          exceptionHandler = handler;
          context.runOnContext(v -> drain());
        });
  }

  @Override
  public LlmStream endHandler(Handler<Void> handler) {
    return here(
        () -> {
          endHandler = handler;
          context.runOnContext(v -> drain());
        });
  }

  @Override
  public LlmStream pause() {
    return here(() -> demand = 0);
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
    return here(
        () -> {
          demand = demand + amount < 0 ? Long.MAX_VALUE : demand + amount;
          drain();
        });
  }

  @Override
  public void cancel() {
    here(
        () -> {
          if (!over && end == null && failure == null) {
            endpoint.context().runOnContext(v -> stream.cancel());
          }
          close();
        });
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public String backend() {
    return backend;
  }

  @Override
  public String model() {
    return model;
  }

  @Override
  public String warning() {
    return warning;
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

  private LlmStream here(Runnable action) {
    if (Vertx.currentContext() == context) {
      action.run();
    } else {
      context.runOnContext(v -> action.run());
    }
    return this;
  }

  /** A handler was set: from here on the stream flows, on a tick of its own. */
  private void start() {
    if (!flowing) {
      flowing = true;
      context.runOnContext(v -> drain());
    }
  }

  private void close() {
    over = true;
    queue.clear();
    onOver.run();
  }

  /** Gives what there is demand for. */
  private void drain() {
    if (!draining && flowing) {
      give();
    }
    if (queue.isEmpty() && (end != null || failure != null)) {
      onOver.run();
    }
  }

  private void give() {
    draining = true;
    int consumed = 0;
    try {
      while (demand > 0 && !queue.isEmpty() && !over) {
        Chunks chunks = queue.peek();
        Buffer data = chunks.next();
        if (!chunks.hasNext()) {
          queue.poll();
          consumed++;
        }
        give(new ChatEvent.Chunk(chunks.kind(), data));
      }
      if (demand > 0 && queue.isEmpty() && !over) {
        finish();
      }
    } catch (RuntimeException e) {
      // The handler's own problem; the rest of the stream is not lost for it.
      context.runOnContext(v -> drain());
      throw e;
    } finally {
      draining = false;
      giveCredit(consumed);
    }
  }

  private void give(ChatEvent event) {
    if (eventHandler != null) {
      demand -= demand == Long.MAX_VALUE ? 0 : 1;
      eventHandler.handle(event);
    } else if (event instanceof ChatEvent.Chunk chunk && chunk.kind() == ChunkKind.TEXT) {
      demand -= demand == Long.MAX_VALUE ? 0 : 1;
      if (textHandler != null) {
        textHandler.handle(chunk.data());
      }
    }
  }

  private void finish() {
    if (end != null && !endGiven) {
      endGiven = true;
      give(end);
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

  private void giveCredit(int consumed) {
    if (consumed > 0 && end == null && failure == null) {
      endpoint
          .context()
          .emit(
              v -> {
                for (int i = 0; i < consumed; i++) {
                  stream.consumed();
                }
              });
    }
  }

  /** The view as typed events; demand and signals are the stream's. */
  private final class Events implements ReadStream<ChatEvent> {
    @Override
    public ReadStream<ChatEvent> exceptionHandler(Handler<Throwable> handler) {
      RelayStream.this.exceptionHandler(handler);
      return this;
    }

    @Override
    public ReadStream<ChatEvent> handler(Handler<ChatEvent> handler) {
      here(
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
