package io.llmrelay.provider;

import static java.lang.Boolean.TRUE;

import io.llmrelay.bus.BusEndpoint;
import io.llmrelay.bus.BusService;
import io.llmrelay.bus.BusSettings;
import io.llmrelay.bus.FrameCodec;
import io.llmrelay.chat.ChatExchange;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ChatService;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.LlmRequest;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.ProbeOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * A verticle that offers one backend, with one key, as a {@link ChatService} on the event bus. It
 * translates a request to an HTTP request, and the response to blocks and chunks.
 *
 * <p>At {@link #address} of the lane, and at that of the whole cluster if it has one, it accepts
 * requests that name a model of the backend. It applies two of their timeouts: {@code connect} to
 * obtaining a connection, and {@code stall}, the consumer's limit for silence, to the wait for
 * usage at the end of an answer.
 *
 * <p>At the same address with the suffix {@code .tokens} it replies to a request with {@code
 * {"input_tokens"}}, if the backend counts the tokens of prompts.
 *
 * <p>At the same address with the suffix {@code .probe} it replies to any message with {@code
 * {"ok", "status", "latency_ms", "models", "failure"}}, the result of requesting the backend's list
 * of models, which costs nothing. For the message {@code {"key": true}} the reply has no models,
 * and {@code ok} states whether the backend accepts its key; a backend that offers no list of
 * models is sent a chat request of one token. For {@code {"health", "path"}} with the name of a
 * {@link ProbeOptions.Kind} it has no models either, and {@code ok} states whether the backend
 * works.
 */
public final class ProviderVerticle extends VerticleBase {
  private final String name;
  private final BackendOptions options;
  private final String address;
  private final BusSettings settings;
  private final boolean keepAlive;

  /** The address for other nodes; {@code null} for none. */
  private final String publicAddress;

  private final List<Supplier<Future<Void>>> publicAddresses = new ArrayList<>();
  private final Set<Exchange> exchanges = new HashSet<>();
  private BackendClient backend;
  private BusEndpoint endpoint;
  private BusService service;
  private MessageConsumer<Object> probes;
  private MessageConsumer<Object> counts;

  /** Creates a verticle that keeps connections open between requests. */
  public ProviderVerticle(
      String name, BackendOptions options, String prefix, BusSettings settings) {
    this(name, null, options, prefix, settings, true, null);
  }

  /**
   * Creates a verticle.
   *
   * @param key the name of the key in the options; {@code null} if the backend has no more than one
   * @param options with one key at most
   * @param prefix the prefix of its address
   * @param keepAlive whether connections are kept open between requests
   * @param publicAddress the address for other nodes of the cluster, shared with all verticles of
   *     this backend; {@code null} for none
   */
  public ProviderVerticle(
      String name,
      String key,
      BackendOptions options,
      String prefix,
      BusSettings settings,
      boolean keepAlive,
      String publicAddress) {
    this.name = name;
    this.options = options;
    this.keepAlive = keepAlive;
    this.address = address(prefix, key == null ? name : name + "." + key);
    this.settings = settings;
    this.publicAddress = publicAddress;
  }

  /**
   * Returns the address of the verticle of the backend with this name, or with one of several keys,
   * {@code backend.key}.
   */
  public static String address(String prefix, String name) {
    return prefix + ".provider." + name;
  }

  @Override
  public Future<?> start() {
    backend = new BackendClient(vertx, name, options, keepAlive);
    return BusEndpoint.open(vertx, address, settings, publicAddress == null, () -> {})
        .compose(
            opened -> {
              endpoint = opened;
              probes = vertx.eventBus().localConsumer(address + ".probe", this::probe);
              Future<BusService> registered =
                  BusService.registerLocal(endpoint, address, this::open, false)
                      .onSuccess(bus -> service = bus);
              counts = vertx.eventBus().localConsumer(address + ".tokens", this::countTokens);
              return Future.all(registered, probes.completion(), counts.completion());
            })
        .compose(registered -> publicAddress == null ? Future.succeededFuture() : register())
        .onSuccess(started -> backend.start());
  }

  private Future<?> register() {
    MessageConsumer<Object> probed =
        vertx.eventBus().consumer(publicAddress + ".probe", this::probe);
    MessageConsumer<Object> counted =
        vertx.eventBus().consumer(publicAddress + ".tokens", this::countTokens);
    publicAddresses.add(probed::unregister);
    publicAddresses.add(counted::unregister);
    return Future.all(
        BusService.register(endpoint, publicAddress, this::open, false)
            .onSuccess(bus -> publicAddresses.add(bus::unregister)),
        probed.completion(),
        counted.completion());
  }

  /**
   * Unregisters the address for other nodes; streams that are open continue. Must be called on the
   * context.
   */
  public Future<?> leave() {
    List<Future<Void>> left = publicAddresses.stream().map(Supplier::get).toList();
    publicAddresses.clear();
    return Future.join(left);
  }

  /** Returns whether no request is being served. Must be called on the context. */
  public boolean isIdle() {
    return exchanges.isEmpty();
  }

  @Override
  public Future<?> stop() {
    Failure failure = Failure.of(FailureKind.UNAVAILABLE, "the backend is being removed");
    Set.copyOf(exchanges).forEach(exchange -> exchange.abort(failure));
    Future<?> left = service == null ? Future.succeededFuture() : service.unregister();
    Future<?> unprobed = probes == null ? Future.succeededFuture() : probes.unregister();
    Future<?> uncounted = counts == null ? Future.succeededFuture() : counts.unregister();
    return Future.join(left, unprobed, uncounted, leave())
        .eventually(() -> endpoint == null ? Future.succeededFuture() : endpoint.close())
        .eventually(() -> backend == null ? Future.succeededFuture() : backend.close());
  }

  private ChatExchange open(LlmRequest request, ChatSink sink) {
    if (request.model() == null) {
      throw wrong("model", "must name a model of the backend");
    }
    String reason = Dialects.cannotServe(options, request);
    if (reason != null) {
      throw wrong("request", "cannot be served: " + reason);
    }
    Exchange exchange = new Exchange(context, backend, request, sink, exchanges::remove);
    exchanges.add(exchange);
    // The current context is one of the verticle's, and has the attempt's span.
    vertx.getOrCreateContext().runOnContext(v -> exchange.start());
    return exchange;
  }

  private static LlmException wrong(String field, String complaint) {
    return Failure.invalid(field, field + " " + complaint).toException();
  }

  private void countTokens(Message<Object> message) {
    try {
      if (!(FrameCodec.request(message) instanceof ChatRequest chat)) {
        throw wrong("messages", "must be an array with at least one message");
      }
      new TokenCount(vertx, backend)
          .of(chat)
          .onSuccess(tokens -> message.reply(new JsonObject().put("input_tokens", tokens)))
          .onFailure(e -> FrameCodec.refuse(message, LlmException.failureOf(e)));
    } catch (RuntimeException e) {
      FrameCodec.refuse(message, LlmException.failureOf(e));
    }
  }

  private void probe(Message<Object> message) {
    Probe probe = new Probe(vertx, backend);
    JsonObject options = message.body() instanceof JsonObject body ? body : new JsonObject();
    Future<JsonObject> result;
    if (options.getValue("health") instanceof String kind) {
      result = probe.health(ProbeOptions.Kind.valueOf(kind), options.getString("path"));
    } else {
      result = TRUE.equals(options.getValue("key")) ? probe.key() : probe.models();
    }
    result.onSuccess(message::reply);
  }
}
