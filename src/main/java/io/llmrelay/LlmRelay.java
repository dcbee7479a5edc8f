package io.llmrelay;

import io.llmrelay.bus.BusSettings;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Plan;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;

/**
 * The front door: streams and whole answers, from whichever backend can give them.
 *
 * <p>A client of a {@link RelayVerticle} that runs somewhere on the same event bus. It may be used
 * from any thread and shared; every future completes, and every stream calls back, on the context
 * of the caller. Failures are {@link io.llmrelay.chat.LlmException}s.
 */
public interface LlmRelay {
  /** Where a {@link RelayVerticle} listens unless configured otherwise. */
  String DEFAULT_PREFIX = "llm";

  /** A client of the relay at the default addresses. */
  static LlmRelay create(Vertx vertx) {
    return create(vertx, DEFAULT_PREFIX, BusSettings.DEFAULT);
  }

  /**
   * A client of the relay at other addresses.
   *
   * @param prefix what the relay's bus addresses start with
   * @param settings window and liveness of the streams
   */
  static LlmRelay create(Vertx vertx, String prefix, BusSettings settings) {
    return new RelayClient(vertx, prefix, settings);
  }

  /** As {@link #stream(ChatRequest, Future)}, with no way to cancel before the first chunk. */
  default Future<LlmStream> stream(ChatRequest request) {
    return stream(request, Future.future(ignored -> {}));
  }

  /**
   * Streams an answer.
   *
   * @param cancelOn cancels the run when it completes, in whichever phase the run is
   * @return completes at the commit point; nothing flows before a handler is set. Fails when no
   *     candidate could serve the request, with the trail in the failure.
   */
  Future<LlmStream> stream(ChatRequest request, Future<?> cancelOn);

  /** As {@link #generate(ChatRequest, Future)}, with no way to cancel. */
  default Future<ChatCompletion> generate(ChatRequest request) {
    return generate(request, Future.future(ignored -> {}));
  }

  /**
   * The whole answer at once: the same run with the commit point at the end, so that a failure in
   * mid-answer falls back too.
   *
   * @param cancelOn cancels the run when it completes
   */
  Future<ChatCompletion> generate(ChatRequest request, Future<?> cancelOn);

  /** Which candidates would be tried for this request right now, in order, and why others not. */
  Future<Plan> plan(ChatRequest request);

  /**
   * The state of every backend: {@code {"status": "up" | "degraded" | "down", "backends": [{"name",
   * "dialect", "models", "default_model", "circuit", "exhausted"}…], "aliases": […]}}.
   */
  default Future<JsonObject> health() {
    return health(false);
  }

  /**
   * As {@link #health()}.
   *
   * @param probe asks every backend for its list of models besides, and tells what it said as
   *     {@code probe}; takes up to some ten seconds
   */
  Future<JsonObject> health(boolean probe);

  /** Cancels what runs and takes the client's address off the bus. */
  Future<Void> close();
}
