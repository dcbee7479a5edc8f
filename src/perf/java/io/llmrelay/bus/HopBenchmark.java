package io.llmrelay.bus;

import io.llmrelay.chat.AnswerEnd;
import io.llmrelay.chat.AnswerHead;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatExchange;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.Chunks;
import io.llmrelay.chat.Failure;
import io.llmrelay.config.BusOptions;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.VertxInternal;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One chunk over the event bus, under credit: what the producer sends, the consumer has consumed.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class HopBenchmark {
  private static final BusSettings SETTINGS =
      new BusSettings(
          BusOptions.DEFAULT_WINDOW,
          BusOptions.DEFAULT_PING_INTERVAL,
          BusOptions.DEFAULT_PING_TIMEOUT,
          BusOptions.DEFAULT_OPEN_TIMEOUT);

  private static final int CHUNKS = 1000;
  private static final String SERVICE = "bench.service";
  private static final ChatRequest REQUEST = ChatRequest.of(ChatMessage.user("Hi"));

  /** Whether both ends are on one event loop. */
  @Param({"true", "false"})
  public boolean oneLoop;

  private final Vertx vertx = Vertx.vertx();
  private volatile Producer producer;
  private final Consumer consumer = new Consumer();
  private Context producing;

  /** Sends what is asked of it, as fast as what was consumed lets it. */
  private static final class Producer implements ChatExchange {
    private final Buffer chunk = Buffer.buffer(" sixteen letters");
    private final Block block = Block.of(0, BlockKind.TEXT);
    private final Context context;
    private final ChatSink sink;
    private int ahead;
    private int left;
    private boolean sending;

    Producer(Context context, ChatSink sink) {
      this.context = context;
      this.sink = sink;
      context.runOnContext(v -> sink.block(block));
    }

    void send(int chunks) {
      left += chunks;
      send();
    }

    private void send() {
      sending = true;
      for (; left > 0 && ahead < sink.window(); left--) {
        ahead++;
        sink.chunks(Chunks.of(block, chunk));
      }
      sending = false;
    }

    @Override
    public void consumed(int calls) {
      ahead -= calls;
      if (left > 0 && !sending) {
        context.runOnContext(v -> send());
      }
    }

    @Override
    public void cancel(String reason) {}
  }

  /** Counts the chunks, and consumes each at once. */
  private static final class Consumer implements ChatSink {
    private final Semaphore batches = new Semaphore(0);
    private ChatExchange exchange;
    private int seen;

    @Override
    public int window() {
      return BusOptions.DEFAULT_WINDOW;
    }

    @Override
    public void block(Block block) {
      batches.release();
    }

    @Override
    public void chunks(Chunks chunks) {
      exchange.consumed(1);
      if (++seen == CHUNKS) {
        seen = 0;
        batches.release();
      }
    }

    @Override
    public void opened(AnswerHead head) {}

    @Override
    public void ended(AnswerEnd end) {}

    @Override
    public void failed(Failure failure) {
      throw new IllegalStateException(failure.message());
    }
  }

  private static <T> Future<T> on(Context context, Supplier<Future<T>> action) {
    return Future.future(done -> context.runOnContext(v -> action.get().onComplete(done::handle)));
  }

  @Setup
  public void open() throws InterruptedException {
    Context consuming = ((VertxInternal) vertx).createContext(ThreadingModel.EVENT_LOOP);
    producing =
        oneLoop ? consuming : ((VertxInternal) vertx).createContext(ThreadingModel.EVENT_LOOP);
    on(producing, () -> BusEndpoint.open(vertx, "bench.private", SETTINGS))
        .compose(endpoint -> on(producing, () -> serve(endpoint)))
        .compose(v -> on(consuming, () -> BusEndpoint.open(vertx, "bench.private", SETTINGS)))
        .onSuccess(
            endpoint ->
                consumer.exchange = new BusClient(endpoint, SERVICE).open(REQUEST, consumer))
        .await();
    consumer.batches.acquire();
  }

  private Future<BusService> serve(BusEndpoint endpoint) {
    return BusService.registerLocal(
        endpoint,
        SERVICE,
        (request, sink) -> producer = new Producer(endpoint.context(), sink),
        false);
  }

  @Benchmark
  @OperationsPerInvocation(CHUNKS)
  public void hop() throws InterruptedException {
    producing.runOnContext(v -> producer.send(CHUNKS));
    consumer.batches.acquire();
  }

  @TearDown
  public void close() {
    vertx.close().await();
  }
}
