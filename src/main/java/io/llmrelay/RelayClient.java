package io.llmrelay;

import io.llmrelay.bus.BusClient;
import io.llmrelay.bus.BusEndpoint;
import io.llmrelay.bus.BusSettings;
import io.llmrelay.bus.FrameCodec;
import io.llmrelay.chat.AnswerCollector;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.EmbeddingCollector;
import io.llmrelay.chat.EmbeddingRequest;
import io.llmrelay.chat.Embeddings;
import io.llmrelay.chat.LlmRequest;
import io.llmrelay.chat.Plan;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.BusOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The client behind {@link LlmRelay}.
 *
 * <p>A caller on an event loop gets an endpoint on its own context, so that no frame changes
 * threads; the endpoint is closed when the caller's verticle is undeployed. Callers on other
 * threads share one endpoint. A context without a verticle never ends, so callers on such contexts
 * share that endpoint as well once there are {@link #MAX_ENDPOINTS}.
 */
final class RelayClient implements LlmRelay {
  /** The number of endpoints beyond which only callers in verticles get one of their own. */
  static final int MAX_ENDPOINTS = 64;

  private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration COUNT_TIMEOUT = Duration.ofSeconds(30);

  private final VertxInternal vertx;
  private final String prefix;
  private final BusSettings settings;
  private final boolean local;
  private final ContextInternal shared;
  private final Cancellations cancellations = new Cancellations();
  private final Map<ContextInternal, Future<BusEndpoint>> endpoints = new ConcurrentHashMap<>();

  /**
   * @param prefix the prefix of the relay's addresses
   * @param local whether the relay runs in this Vert.x instance; otherwise it may be on any node
   */
  RelayClient(Vertx vertx, String prefix, BusSettings settings, boolean local) {
    this.local = local;
    this.vertx = (VertxInternal) vertx;
    this.prefix = prefix;
    this.settings = settings;
    this.shared = this.vertx.createEventLoopContext();
  }

  /** Converts options to the settings of an endpoint. */
  static BusSettings settings(BusOptions options) {
    return new BusSettings(
        options.getWindow(),
        options.getPingInterval(),
        options.getPingTimeout(),
        options.getOpenTimeout());
  }

  @Override
  public Future<LlmStream> stream(ChatRequest request, Future<?> cancelOn) {
    ContextInternal context = vertx.getOrCreateContext();
    Promise<LlmStream> promise = context.promise();
    open(
        "stream", request, cancelOn, new RelayStream(context, settings.window(), promise), promise);
    return promise.future();
  }

  @Override
  public Future<ChatCompletion> generate(ChatRequest request, Future<?> cancelOn) {
    Promise<ChatCompletion> promise = vertx.getOrCreateContext().promise();
    open("generate", request, cancelOn, new WholeAnswer<>(promise, AnswerCollector::new), promise);
    return promise.future();
  }

  @Override
  public Future<Embeddings> embed(EmbeddingRequest request, Future<?> cancelOn) {
    Promise<Embeddings> promise = vertx.getOrCreateContext().promise();
    open("embed", request, cancelOn, new WholeAnswer<>(promise, EmbeddingCollector::new), promise);
    return promise.future();
  }

  @Override
  public Future<Plan> plan(LlmRequest request) {
    return ask("plan", request.toJson(), settings.pingTimeout()).map(Plan::fromJson);
  }

  @Override
  public Future<TokenUsage> countTokens(ChatRequest request) {
    return endpoint()
        .compose(open -> ask("tokens", request, FrameCodec.asking(COUNT_TIMEOUT)))
        .map(TokenUsage::fromJson);
  }

  @Override
  public Future<JsonObject> health(boolean probe) {
    return probe
        ? ask("health", new JsonObject().put("probe", true), PROBE_TIMEOUT)
        : ask("health", new JsonObject(), settings.pingTimeout());
  }

  @Override
  public Future<JsonArray> clusterHealth() {
    return ask("health", new JsonObject().put("cluster", true), settings.pingTimeout())
        .map(report -> report.getJsonArray("cluster", new JsonArray()));
  }

  @Override
  public Future<Void> close() {
    return Future.join(
            endpoints.values().stream()
                .map(opening -> opening.compose(BusEndpoint::close))
                .toList())
        .mapEmpty();
  }

  /** Opens a stream from the caller's endpoint. */
  private void open(
      String service, LlmRequest request, Future<?> cancelOn, CallerSink sink, Promise<?> promise) {
    ContextInternal caller = ContextInternal.current();
    endpoint()
        .onFailure(promise::tryFail)
        .onSuccess(
            endpoint ->
                traced(caller, endpoint.context())
                    .emit(
                        v -> {
                          ContextInternal endpointContext = endpoint.context();
                          Runnable cancel =
                              () -> endpointContext.runOnContext(c -> sink.onCancel());
                          cancellations.add(cancelOn, cancel);
                          sink.opening(
                              endpointContext,
                              new BusClient(endpoint, prefix + "." + service, !local)
                                  .open(request, sink),
                              () -> cancellations.remove(cancelOn, cancel));
                        }));
  }

  /** Returns the caller's context, which has its span, if it is one of the endpoint's context. */
  @SuppressWarnings("ReferenceEquality") // There is one object for each context.
  private static ContextInternal traced(ContextInternal caller, ContextInternal endpoint) {
    return caller != null && caller.unwrap() == endpoint ? caller : endpoint;
  }

  private Future<BusEndpoint> endpoint() {
    ContextInternal caller = ContextInternal.current();
    boolean own =
        caller != null
            && caller.isEventLoopContext()
            && (caller.isDeployment()
                || endpoints.size() < MAX_ENDPOINTS
                || endpoints.containsKey(caller.unwrap()));
    ContextInternal endpointContext = own ? caller.unwrap() : shared;
    return endpoints.computeIfAbsent(
        endpointContext,
        context -> {
          Promise<BusEndpoint> opened = Promise.promise();
          context.runOnContext(
              v ->
                  BusEndpoint.open(
                          vertx,
                          prefix + ".client",
                          settings,
                          local,
                          () -> endpoints.remove(context))
                      .onFailure(e -> endpoints.remove(context))
                      .onComplete(opened));
          return opened.future();
        });
  }

  /** Asks a relay on this node or, if there is none, relays on other nodes one after the other. */
  private Future<JsonObject> ask(String service, JsonObject body, Duration timeout) {
    return ask(service, body, new DeliveryOptions().setSendTimeout(timeout.toMillis()));
  }

  private Future<JsonObject> ask(String service, Object body, DeliveryOptions options) {
    String address = prefix + "." + service;
    Future<JsonObject> reply = send(address, body, new DeliveryOptions(options).setLocalOnly(true));
    if (!local && vertx.isClustered()) {
      DeliveryOptions brief =
          new DeliveryOptions(options).setSendTimeout(settings.openTimeout().toMillis());
      reply =
          reply
              .recover(error -> sendElsewhere(error, address, body, brief))
              .recover(error -> sendElsewhere(error, address, body, brief))
              .recover(error -> sendElsewhere(error, address, body, options));
    }
    return reply.recover(error -> Future.failedFuture(FrameCodec.refusal(error).toException()));
  }

  private Future<JsonObject> sendElsewhere(
      Throwable error, String address, Object body, DeliveryOptions options) {
    boolean refused =
        error instanceof ReplyException reply
            && reply.failureType() == ReplyFailure.RECIPIENT_FAILURE;
    return refused ? Future.failedFuture(error) : send(address, body, options);
  }

  private Future<JsonObject> send(String address, Object body, DeliveryOptions options) {
    return vertx.eventBus().<JsonObject>request(address, body, options).map(Message::body);
  }
}
