package io.llmrelay.provider;

import io.llmrelay.bus.BusClient;
import io.llmrelay.bus.BusEndpoint;
import io.llmrelay.bus.BusSettings;
import io.llmrelay.bus.TestSettings;
import io.llmrelay.chat.AnswerEnd;
import io.llmrelay.chat.AnswerHead;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatExchange;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.Chunks;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.LlmRequest;
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
public final class Consumer implements ChatSink {
  public record Chunk(BlockKind kind, Buffer data) {}

  public static final BusSettings BUS = TestSettings.DEFAULT;

  /** What came in a frame, be it one chunk or several. */
  public final List<Chunk> chunks = new CopyOnWriteArrayList<>();

  /** Every chunk by itself. */
  public final List<String> pieces = new CopyOnWriteArrayList<>();

  public final List<Block> blocks = new CopyOnWriteArrayList<>();

  public final Blocks contents = new Blocks();

  /** The heads, as JSON. */
  public final List<JsonObject> opens = new CopyOnWriteArrayList<>();

  public final List<String> calls = new CopyOnWriteArrayList<>();
  private final Promise<JsonObject> opened = Promise.promise();
  private final Promise<Consumer> over = Promise.promise();
  private final String address;
  private final boolean greedy;
  private Context context;
  private ChatExchange stream;
  public volatile JsonObject end;
  public volatile Failure failure;

  private Consumer(String address, boolean greedy) {
    this.address = address;
    this.greedy = greedy;
  }

  /** Opens a stream at a provider verticle. */
  public static Consumer open(Vertx vertx, String address, LlmRequest request, boolean greedy) {
    Consumer consumer = new Consumer(address, greedy);
    Context context = ((VertxInternal) vertx).createEventLoopContext();
    Promise<Void> done = Promise.promise();
    context.runOnContext(
        v ->
            BusEndpoint.open(vertx, "test.consumer", BUS, () -> {})
                .onSuccess(
                    endpoint -> {
                      consumer.context = context;
                      consumer.stream = new BusClient(endpoint, address).open(request, consumer);
                      done.complete();
                    }));
    await(done.future());
    return consumer;
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

  /** Waits until the provider has taken the request: what is sent later is answered later. */
  public void awaitAccepted() {
    await(
        context
            .owner()
            .eventBus()
            .request(address, "no request")
            .transform(refused -> Future.<Void>succeededFuture()));
  }

  public String text(BlockKind kind) {
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
          stream.cancel("the test cancels");
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
    context.runOnContext(v -> stream.consumed(n));
  }

  @Override
  public int window() {
    return BUS.window();
  }

  @Override
  public void opened(AnswerHead head) {
    calls.add("open");
    opens.add(head.toJson());
    opened.tryComplete(head.toJson());
  }

  @Override
  public void block(Block block) {
    blocks.add(block);
    contents.add(block, Buffer.buffer());
  }

  @Override
  public void chunks(Chunks frame) {
    calls.add("chunk");
    chunks.add(new Chunk(frame.kind(), frame.data()));
    contents.add(frame);
    int from = 0;
    for (int i = 0; i < frame.count(); i++) {
      pieces.add(frame.data().getString(from, from + frame.length(i)));
      from += frame.length(i);
    }
    if (greedy) {
      stream.consumed(1);
    }
  }

  @Override
  public void ended(AnswerEnd last) {
    calls.add("end");
    end = last.toJson();
    over.complete(this);
  }

  @Override
  public void failed(Failure failure) {
    calls.add("fail");
    this.failure = failure;
    over.tryComplete(this);
  }
}
