package io.llmrelay.provider;

import static java.lang.Boolean.TRUE;

import io.llmrelay.bus.BusEndpoint;
import io.llmrelay.bus.BusSettings;
import io.llmrelay.bus.Frames;
import io.llmrelay.bus.OutboundStream;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmException;
import io.llmrelay.config.BackendOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonObject;
import java.util.HashSet;
import java.util.Set;

/**
 * One backend on the event bus: turns a stream request into an HTTP request, and what comes back
 * into frames.
 *
 * <p>At {@link #address} a stream is opened with {@code {"model", "request", "connect_ms",
 * "stall_ms"}}: the model to ask for, the request in OpenAI's form, how long getting a connection
 * may take, and from which silence on the opener gives up, if it does. The frames are {@code open}
 * with {@code {"status", "warning"}} once an answer has begun, and once more with the {@code
 * "model"} as soon as the answer names it; chunks, and then {@code end} with {@code
 * {"finish_reason", "usage", "model", "malformed"}} or {@code fail}.
 *
 * <p>At the same address with {@code .probe} any message is answered with {@code {"ok", "status",
 * "latency_ms", "models", "failure"}}, from asking the backend for its models, which costs nothing.
 * Where the message is {@code {"key": true}}, the reply has no models, and {@code ok} says whether
 * the backend takes its key; where it does not show its models, it is asked for a chat of one
 * token.
 */
public final class ProviderVerticle extends VerticleBase {
  static final long MAX_CONNECT_MS = 600_000;

  private final String name;
  private final BackendOptions options;
  private final String address;
  private final BusSettings settings;
  private final boolean keepAlive;
  private final Set<Exchange> exchanges = new HashSet<>();
  private BackendClient backend;
  private BusEndpoint endpoint;
  private MessageConsumer<Object> streams;
  private MessageConsumer<Object> probes;

  /** A provider verticle that keeps connections open between requests. */
  public ProviderVerticle(
      String name, BackendOptions options, String prefix, BusSettings settings) {
    this(name, options, prefix, settings, true);
  }

  /**
   * A provider verticle to be deployed.
   *
   * @param prefix what its address starts with
   * @param keepAlive whether connections stay open between requests
   */
  public ProviderVerticle(
      String name, BackendOptions options, String prefix, BusSettings settings, boolean keepAlive) {
    this.name = name;
    this.options = options;
    this.keepAlive = keepAlive;
    this.address = address(prefix, name);
    this.settings = settings;
  }

  /** Where the backend with this name is reached. */
  public static String address(String prefix, String name) {
    return prefix + ".provider." + name;
  }

  @Override
  public Future<?> start() {
    backend = new BackendClient(vertx, name, options, keepAlive);
    return BusEndpoint.open(vertx, address, settings)
        .compose(
            opened -> {
              endpoint = opened;
              streams = vertx.eventBus().consumer(address, this::stream);
              probes = vertx.eventBus().consumer(address + ".probe", this::probe);
              return Future.all(streams.completion(), probes.completion());
            });
  }

  @Override
  public Future<?> stop() {
    Failure failure = Failure.of(FailureKind.UNAVAILABLE, "the backend is being taken out");
    Set.copyOf(exchanges).forEach(exchange -> exchange.abort(failure));
    return Future.join(unregister(streams), unregister(probes))
        .eventually(() -> endpoint == null ? Future.succeededFuture() : endpoint.close())
        .eventually(() -> backend == null ? Future.succeededFuture() : backend.close());
  }

  private static Future<?> unregister(MessageConsumer<?> consumer) {
    return consumer == null ? Future.succeededFuture() : consumer.unregister();
  }

  private void stream(Message<Object> message) {
    Opening opening;
    try {
      opening = opening(message.body());
    } catch (LlmException e) {
      Frames.refuse(message, e.failure());
      return;
    }
    Exchange exchange =
        new Exchange(vertx, backend, opening.model, opening.request, exchanges::remove);
    OutboundStream out = endpoint.accept(message, exchange);
    if (out != null) {
      exchanges.add(exchange);
      exchange.start(out, opening.connectMs, opening.stallMs);
    }
  }

  /** What opens a stream. */
  private record Opening(String model, ChatRequest request, long connectMs, long stallMs) {}

  private Opening opening(Object message) {
    if (!(message instanceof JsonObject body)) {
      throw wrong("body", "must be an object");
    }
    if (!(body.getValue("model") instanceof String model) || model.isBlank()) {
      throw wrong("model", "must be a string that is not empty");
    }
    if (!(body.getValue("connect_ms") instanceof Number connectMs) || connectMs.longValue() < 1) {
      throw wrong("connect_ms", "must be a positive number");
    }
    if (!(body.getValue("stall_ms", Long.MAX_VALUE) instanceof Number stallMs)
        || stallMs.longValue() < 1) {
      throw wrong("stall_ms", "must be a positive number");
    }
    if (!(body.getValue("request") instanceof JsonObject json)) {
      throw wrong("request", "must be an object");
    }
    ChatRequest request = ChatRequest.fromJson(json);
    String reason = backend.dialect().cannotServe(request);
    if (reason != null) {
      throw wrong("request", "cannot be served: " + reason);
    }
    long connect = Math.min(MAX_CONNECT_MS, connectMs.longValue());
    return new Opening(model, request, connect, stallMs.longValue());
  }

  private static LlmException wrong(String field, String complaint) {
    return Failure.invalid(field, field + " " + complaint).toException();
  }

  private void probe(Message<Object> message) {
    Probe probe = new Probe(vertx, backend);
    boolean key = message.body() instanceof JsonObject body && TRUE.equals(body.getValue("key"));
    (key ? probe.key() : probe.models()).onSuccess(message::reply);
  }
}
