package io.llmrelay.bus;

import io.llmrelay.chat.ChunkKind;
import io.llmrelay.chat.Failure;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.json.JsonObject;
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
  private static final int CHUNKS = 1000;
  private static final String SERVICE = "bench.service";

  /** Whether both ends are on one event loop. */
  @Param({"true", "false"})
  public boolean oneLoop;

  private final Vertx vertx = Vertx.vertx();
  private final Producer producer = new Producer();
  private final Consumer consumer = new Consumer();
  private Context producing;

  /** Sends what is asked of it, as fast as there is credit. */
  private static final class Producer implements OutboundStream.Handler {
    private final Buffer chunk = Buffer.buffer(" sixteen letters");
    private OutboundStream stream;
    private int left;

    void send(int chunks) {
      left += chunks;
      drained();
    }

    @Override
    public void drained() {
      for (; left > 0 && !stream.writeQueueFull(); left--) {
        stream.chunk(ChunkKind.TEXT, chunk);
      }
    }

    @Override
    public void cancelled(String reason) {}
  }

  /** Counts the chunks, and consumes each at once. */
  private static final class Consumer implements InboundStream.Handler {
    private final Semaphore batches = new Semaphore(0);
    private InboundStream stream;
    private int seen;

    @Override
    public void accepted() {
      batches.release();
    }

    @Override
    public void chunks(Chunks chunks) {
      stream.consumed();
      if (++seen == CHUNKS) {
        seen = 0;
        batches.release();
      }
    }

    @Override
    public void opened(JsonObject body) {}

    @Override
    public void ended(JsonObject body) {}

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
    on(producing, () -> BusEndpoint.open(vertx, "bench.private", BusSettings.DEFAULT))
        .compose(endpoint -> on(producing, () -> serve(endpoint)))
        .compose(
            v -> on(consuming, () -> BusEndpoint.open(vertx, "bench.private", BusSettings.DEFAULT)))
        .onSuccess(
            endpoint -> consumer.stream = endpoint.request(SERVICE, new JsonObject(), consumer))
        .await();
    consumer.batches.acquire();
  }

  private Future<Void> serve(BusEndpoint endpoint) {
    return vertx
        .eventBus()
        .consumer(SERVICE, message -> producer.stream = endpoint.accept(message, producer))
        .completion();
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
