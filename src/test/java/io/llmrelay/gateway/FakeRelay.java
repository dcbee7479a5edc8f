package io.llmrelay.gateway;

import io.llmrelay.LlmRelay;
import io.llmrelay.LlmStream;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentBlock;
import io.llmrelay.chat.EmbeddingRequest;
import io.llmrelay.chat.Embeddings;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.LlmRequest;
import io.llmrelay.chat.Plan;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.chat.TokenUsage;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;

/** A relay whose streams and completions are set by a test. */
public final class FakeRelay implements LlmRelay {
  public static final TokenUsage USAGE = new TokenUsage(20, 7, 5, 0, 3, TokenUsage.Source.PROVIDER);

  /** A warning with characters that a header must not contain. */
  public static final String WARNING = "mock-model is deprecated\r\nx-evil: 1 – use m2";

  private final Vertx vertx;
  public final AtomicInteger probes = new AtomicInteger();
  public final BlockingQueue<ChatRequest> requests = new LinkedBlockingQueue<>();
  public final BlockingQueue<FakeStream> streams = new LinkedBlockingQueue<>();
  public final BlockingQueue<Boolean> cancelled = new LinkedBlockingQueue<>();
  public Consumer<FakeStream> script = stream -> {};
  public Function<ChatRequest, Future<LlmStream>> streamResult;
  public Function<ChatRequest, Future<ChatCompletion>> generate;
  public Future<JsonObject> health = Future.succeededFuture(new JsonObject().put("status", "up"));

  public FakeRelay(Vertx vertx) {
    this.vertx = vertx;
  }

  /** Returns a whole answer with a trail of two attempts. */
  public static ChatCompletion completion(
      String text, String reasoning, String refusal, TokenUsage usage) {
    return new ChatCompletion(
        "r1",
        "primary",
        "mock-model",
        List.of(
            new ContentBlock(Block.of(0, BlockKind.REASONING), reasoning),
            new ContentBlock(Block.of(1, BlockKind.TEXT), text),
            new ContentBlock(Block.of(2, BlockKind.REFUSAL), refusal)),
        FinishReason.STOP,
        usage,
        0.5,
        trail("mock-model"),
        WARNING,
        0);
  }

  /** Returns a trail with a skipped, a failed and a serving candidate, so two attempts. */
  public static List<Attempt> trail(String model) {
    return List.of(
        Attempt.skipped("closed", model, SkipReason.CIRCUIT_OPEN, null, 0),
        attempt("broken", model, Attempt.Result.FAILED),
        attempt("primary", model, Attempt.Result.SERVING));
  }

  public static Attempt attempt(String backend, String model, Attempt.Result result) {
    return new Attempt(
        backend,
        model,
        result,
        null,
        null,
        0,
        null,
        0,
        0,
        -1,
        TokenUsage.NONE,
        null,
        -1,
        null,
        null);
  }

  /** Returns the vectors for a request; {@code null} for none. */
  public Function<EmbeddingRequest, Future<Embeddings>> embed;

  @Override
  public Future<LlmStream> stream(ChatRequest request, Future<?> cancelOn) {
    requests.add(request);
    cancelOn.onSuccess(gone -> cancelled.add(true));
    if (streamResult != null) {
      return streamResult.apply(request);
    }
    String model = request.model() == null ? "mock-model" : request.model();
    FakeStream stream = new FakeStream(model, vertx.getOrCreateContext());
    cancelOn.onSuccess(gone -> stream.cancel());
    streams.add(stream);
    script.accept(stream);
    return Future.succeededFuture(stream);
  }

  @Override
  public Future<ChatCompletion> generate(ChatRequest request, Future<?> cancelOn) {
    requests.add(request);
    cancelOn.onSuccess(gone -> cancelled.add(true));
    return generate.apply(request);
  }

  @Override
  public Future<TokenUsage> countTokens(ChatRequest request) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Future<Embeddings> embed(EmbeddingRequest request, Future<?> cancelOn) {
    return embed.apply(request);
  }

  @Override
  public Future<Plan> plan(LlmRequest request) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Future<JsonArray> clusterHealth() {
    return Future.succeededFuture(new JsonArray());
  }

  @Override
  public Future<JsonObject> health(boolean probe) {
    if (probe) {
      probes.incrementAndGet();
    }
    return health;
  }

  @Override
  public Future<Void> close() {
    return Future.succeededFuture();
  }
}
