package io.llmrelay;

import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.EmbeddingRequest;
import io.llmrelay.chat.Embeddings;
import io.llmrelay.chat.LlmRequest;
import io.llmrelay.chat.Plan;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.BusOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/**
 * A client of a {@link RelayVerticle} on the same event bus, on this node or another.
 *
 * <p>It is thread-safe. Every future completes, and every stream calls its handlers, on the context
 * of the caller. Failures are {@link io.llmrelay.chat.LlmException}s.
 */
public interface LlmRelay {
  /** Creates a client of the relay at the default addresses. */
  static LlmRelay create(Vertx vertx) {
    return create(vertx, new BusOptions());
  }

  /**
   * Creates a client of the relay at other addresses.
   *
   * @param options the relay's addresses, and flow control and liveness of this client's streams
   */
  static LlmRelay create(Vertx vertx, BusOptions options) {
    return new RelayClient(vertx, options.getPrefix(), RelayClient.settings(options), false);
  }

  /** Streams an answer; the request cannot be cancelled before the commit point. */
  default Future<LlmStream> stream(ChatRequest request) {
    return stream(request, Future.future(ignored -> {}));
  }

  /**
   * Streams an answer.
   *
   * @param cancelOn cancels the request when this future completes, before or after the commit
   *     point
   * @return completes at the commit point; the stream flows when a handler is set. Fails if no
   *     candidate could serve the request, with the trail in the failure.
   */
  Future<LlmStream> stream(ChatRequest request, Future<?> cancelOn);

  /** Requests a whole answer; the request cannot be cancelled. */
  default Future<ChatCompletion> generate(ChatRequest request) {
    return generate(request, Future.future(ignored -> {}));
  }

  /**
   * Requests a whole answer. The commit point is its end, so that a failure in mid-answer fails
   * over as well.
   *
   * @param cancelOn cancels the request when this future completes
   */
  Future<ChatCompletion> generate(ChatRequest request, Future<?> cancelOn);

  /** As {@link #embed(EmbeddingRequest, Future)}, but cannot be cancelled. */
  default Future<Embeddings> embed(EmbeddingRequest request) {
    return embed(request, Future.future(ignored -> {}));
  }

  /**
   * Requests embeddings. Falls over between candidates of one model only, since vectors of another
   * cannot be compared with those that the caller has.
   *
   * @param cancelOn cancels the request when it completes
   */
  Future<Embeddings> embed(EmbeddingRequest request, Future<?> cancelOn);

  /**
   * Counts the tokens of a request's prompt.
   *
   * @return the input tokens, of source {@code PROVIDER} if the first available candidate has
   *     counted them, else {@code ESTIMATED}. Fails if no candidate can serve the request.
   */
  Future<TokenUsage> countTokens(ChatRequest request);

  /** Returns the candidates that would be tried for a request now, in order, and the others. */
  Future<Plan> plan(LlmRequest request);

  /**
   * Returns the state of every backend: {@code {"status": "up" | "degraded" | "down", "backends":
   * [{"name", "dialect", "models", "default_model", "circuit", "exhausted"}…], "aliases": […]}}.
   */
  default Future<JsonObject> health() {
    return health(false);
  }

  /**
   * Returns the state of every backend as {@link #health()} does.
   *
   * @param probe whether to request the list of models of every backend as well, with the result as
   *     {@code probe}; takes up to about ten seconds
   */
  Future<JsonObject> health(boolean probe);

  /**
   * Returns the health of every node of the cluster, from any of them, within about a second: for
   * each what {@link #health()} returns of its relay, with {@code node}, the node's id, and {@code
   * address}. The {@code status} of a node that does not answer is {@code unknown}, that of one
   * without a relay {@code no_relay}. Without a cluster the array is empty.
   */
  Future<JsonArray> clusterHealth();

  /** Cancels all requests in flight and unregisters the client from the event bus. */
  Future<Void> close();
}
