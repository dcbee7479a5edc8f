package io.llmrelay.provider;

import io.llmrelay.bus.BusEndpoint;
import io.llmrelay.bus.BusSettings;
import io.llmrelay.bus.Chunks;
import io.llmrelay.bus.InboundStream;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ChunkKind;
import io.llmrelay.chat.Failure;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** The consumer's end of one stream, which writes down all it is told. */
public final class Consumer implements InboundStream.Handler {
  public record Chunk(ChunkKind kind, Buffer data) {}

  public static final BusSettings BUS = BusSettings.DEFAULT;

  /** What came in a frame, be it one chunk or several. */
  public final List<Chunk> chunks = new CopyOnWriteArrayList<>();

  /** Every chunk by itself. */
  public final List<String> pieces = new CopyOnWriteArrayList<>();

  /** The bodies of the open frames. */
  public final List<JsonObject> opens = new CopyOnWriteArrayList<>();

  public final List<String> calls = new CopyOnWriteArrayList<>();
  private final Promise<JsonObject> opened = Promise.promise();
  private final Promise<Void> accepted = Promise.promise();
  private final Promise<Consumer> over = Promise.promise();
  private final String address;
  private final boolean greedy;
  private Context context;
  private InboundStream stream;
  public volatile JsonObject end;
  public volatile Failure failure;

  private Consumer(String address, boolean greedy) {
    this.address = address;
    this.greedy = greedy;
  }

  /** Opens a stream at a provider verticle. */
  public static Consumer open(Vertx vertx, String address, JsonObject body, boolean greedy) {
    Consumer consumer = new Consumer(address, greedy);
    Context context = ((VertxInternal) vertx).createEventLoopContext();
    Promise<Void> done = Promise.promise();
    context.runOnContext(
        v ->
            BusEndpoint.open(vertx, "test.consumer", BUS, () -> {})
                .onSuccess(
                    endpoint -> {
                      consumer.context = context;
                      consumer.stream = endpoint.request(address, body, consumer);
                      done.complete();
                    }));
    await(done.future());
    return consumer;
  }

  public static JsonObject body(ChatRequest request) {
    return new JsonObject()
        .put("model", "m")
        .put("request", request.toJson())
        .put("connect_ms", 30_000);
  }

  public static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError("nothing came: " + e, e);
    }
  }

  /** Waits for the terminal frame. */
  public Consumer awaitEnd() {
    return await(over.future());
  }

  public JsonObject awaitOpen() {
    return await(opened.future());
  }

  public void awaitAccepted() {
    await(accepted.future());
  }

  public String text(ChunkKind kind) {
    Buffer all = Buffer.buffer();
    chunks.stream().filter(c -> c.kind == kind).forEach(c -> all.appendBuffer(c.data));
    return all.toString(StandardCharsets.UTF_8);
  }

  public boolean isOpened() {
    return opened.future().isComplete();
  }

  /** Cancels, and returns when the provider knows: what is sent later is answered later. */
  public void cancel() {
    Promise<Void> known = Promise.promise();
    context.runOnContext(
        v -> {
          stream.cancel();
          context
              .owner()
              .eventBus()
              .request(address, "no request")
              .onComplete(refused -> known.complete());
        });
    await(known.future());
  }

  /** Says that {@code n} chunks were consumed. */
  public void consume(int n) {
    context.runOnContext(
        v -> {
          for (int i = 0; i < n; i++) {
            stream.consumed();
          }
        });
  }

  @Override
  public void accepted() {
    accepted.complete();
  }

  @Override
  public void opened(JsonObject body) {
    calls.add("open");
    opens.add(body);
    opened.tryComplete(body);
  }

  @Override
  public void chunks(Chunks frame) {
    calls.add("chunk");
    chunks.add(new Chunk(frame.kind(), frame.data()));
    while (frame.hasNext()) {
      pieces.add(frame.next().toString());
    }
    if (greedy) {
      stream.consumed();
    }
  }

  @Override
  public void ended(JsonObject body) {
    calls.add("end");
    end = body;
    over.complete(this);
  }

  @Override
  public void failed(Failure failure) {
    calls.add("fail");
    this.failure = failure;
    over.tryComplete(this);
  }
}
