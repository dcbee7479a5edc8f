package io.llmrelay.bus;

import io.llmrelay.chat.AnswerEnd;
import io.llmrelay.chat.AnswerHead;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatExchange;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ChatService;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.Chunks;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.LlmRequest;
import io.llmrelay.chat.TokenUsage;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** The producer of one answer, which does what a test says and records what it is told. */
public class Producer implements ChatExchange {
  /** What it was told: {@code consumed n}, {@code cancelled: reason}. */
  public final List<String> events = new CopyOnWriteArrayList<>();

  public final ChatRequest request;
  public final ChatSink sink;
  private Block block;
  private long ahead;

  public Producer(LlmRequest request, ChatSink sink) {
    this.request = (ChatRequest) request;
    this.sink = sink;
  }

  /** A service that opens a producer for each request, and lets the script play it. */
  public static ChatService service(Context context, Consumer<Producer> script) {
    return (request, sink) -> {
      Producer producer = new Producer(request, sink);
      context.runOnContext(v -> script.accept(producer));
      return producer;
    };
  }

  /** Registers such a service on the endpoint's context. */
  public static Future<BusService> serve(
      BusEndpoint endpoint, String address, Consumer<Producer> script) {
    Promise<BusService> registered = Promise.promise();
    endpoint
        .context()
        .runOnContext(
            v ->
                BusService.register(endpoint, address, service(endpoint.context(), script), true)
                    .onComplete(registered));
    return registered.future();
  }

  public void open() {
    open("r-1", "primary", "m");
  }

  public void open(String id, String backend, String model) {
    sink.opened(new AnswerHead(id, backend, model, null, List.of(), 0));
  }

  /** Gives a chunk; a block starts where the kind changes. */
  public void chunk(BlockKind kind, Buffer data) {
    if (block == null || block.kind() != kind) {
      block = Block.of(block == null ? 0 : block.index() + 1, kind);
      sink.block(block);
    }
    chunks(Chunks.of(block, data));
  }

  public void chunk(String text) {
    chunk(BlockKind.TEXT, Buffer.buffer(text));
  }

  public void chunks(Chunks chunks) {
    ahead++;
    sink.chunks(chunks);
  }

  public void end() {
    end(TokenUsage.NONE, null);
  }

  public void end(TokenUsage usage, Double cost) {
    sink.ended(new AnswerEnd(FinishReason.STOP, usage, cost, List.of(), null, 0));
  }

  public void fail(Failure failure) {
    sink.failed(failure);
  }

  /** Whether a window of chunks is not consumed yet. */
  public boolean isPaused() {
    return ahead >= sink.window();
  }

  @Override
  public void consumed(int calls) {
    ahead -= calls;
    events.add("consumed " + calls);
  }

  @Override
  public void cancel(String reason) {
    events.add("cancelled: " + reason);
  }
}
