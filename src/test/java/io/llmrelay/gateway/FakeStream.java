package io.llmrelay.gateway;

import io.llmrelay.LlmStream;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatEvent;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A stream whose events are sent by a test; buffers them while paused, as the real one. */
public final class FakeStream implements LlmStream {
  private final String model;
  private final Context context;
  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
  private Handler<ChatEvent> handler;
  private Handler<Void> endHandler;
  private Handler<Throwable> exceptionHandler;
  private boolean paused;
  public volatile boolean cancelled;
  public final AtomicInteger delivered = new AtomicInteger();
  public final AtomicInteger pauses = new AtomicInteger();

  public FakeStream(String model, Context context) {
    this.model = model;
    this.context = context;
  }

  public FakeStream text(String text) {
    return chunk(BlockKind.TEXT, text);
  }

  public FakeStream chunk(BlockKind kind, String text) {
    return play(
        () -> {
          delivered.incrementAndGet();
          handler.handle(new ChatEvent.Chunk(Block.of(0, kind), Buffer.buffer(text)));
        });
  }

  public FakeStream event(ChatEvent event) {
    return play(() -> handler.handle(event));
  }

  public FakeStream end(FinishReason reason, TokenUsage usage, Double cost) {
    play(() -> handler.handle(new ChatEvent.End(reason, usage, cost)));
    return play(() -> endHandler.handle(null));
  }

  public FakeStream endWithoutEvent() {
    return play(() -> endHandler.handle(null));
  }

  public FakeStream fail(Failure failure) {
    return play(() -> exceptionHandler.handle(failure.toException()));
  }

  private FakeStream play(Runnable signal) {
    context.runOnContext(
        v -> {
          waiting.add(signal);
          drain();
        });
    return this;
  }

  private void drain() {
    while (!paused && !cancelled && !waiting.isEmpty()) {
      waiting.poll().run();
    }
  }

  @Override
  public String id() {
    return "r1";
  }

  @Override
  public String backend() {
    return "primary";
  }

  @Override
  public String model() {
    return model;
  }

  @Override
  public String warning() {
    return FakeRelay.WARNING;
  }

  @Override
  public List<Attempt> trail() {
    return FakeRelay.trail(model);
  }

  @Override
  public FinishReason finishReason() {
    return null;
  }

  @Override
  public TokenUsage usage() {
    return TokenUsage.NONE;
  }

  @Override
  public Double costUsd() {
    return null;
  }

  @Override
  public void cancel() {
    cancelled = true;
  }

  @Override
  public ReadStream<ChatEvent> events() {
    return new ReadStream<>() {
      @Override
      public ReadStream<ChatEvent> exceptionHandler(Handler<Throwable> h) {
        exceptionHandler = h;
        return this;
      }

      @Override
      public ReadStream<ChatEvent> handler(Handler<ChatEvent> h) {
        handler = h;
        return this;
      }

      @Override
      public ReadStream<ChatEvent> pause() {
        paused = true;
        pauses.incrementAndGet();
        return this;
      }

      @Override
      public ReadStream<ChatEvent> resume() {
        paused = false;
        context.runOnContext(v -> drain());
        return this;
      }

      @Override
      public ReadStream<ChatEvent> fetch(long amount) {
        throw new UnsupportedOperationException();
      }

      @Override
      public ReadStream<ChatEvent> endHandler(Handler<Void> h) {
        endHandler = h;
        return this;
      }
    };
  }

  @Override
  public LlmStream exceptionHandler(Handler<Throwable> h) {
    throw new UnsupportedOperationException();
  }

  @Override
  public LlmStream handler(Handler<Buffer> h) {
    throw new UnsupportedOperationException();
  }

  @Override
  public LlmStream pause() {
    throw new UnsupportedOperationException();
  }

  @Override
  public LlmStream resume() {
    throw new UnsupportedOperationException();
  }

  @Override
  public LlmStream fetch(long amount) {
    throw new UnsupportedOperationException();
  }

  @Override
  public LlmStream endHandler(Handler<Void> h) {
    throw new UnsupportedOperationException();
  }
}
