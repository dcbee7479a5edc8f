package io.llmrelay.bus;

import io.llmrelay.chat.ChatService;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.LlmRequest;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.internal.ContextInternal;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * A private address on the event bus with its streams, as producer and as consumer.
 *
 * <p>Every method must be called on the context that called {@link #open}; every callback is called
 * there.
 */
public final class BusEndpoint {
  private static final Logger LOG = System.getLogger(BusEndpoint.class.getName());

  /** One end of a stream. */
  interface End {
    /** Returns the private address of the other end; {@code null} if unknown or none. */
    String peer();

    /** Handles a frame. */
    default void frame(String type, Message<?> message) {}

    /** Fails the stream because the peer is gone. */
    void lost(Failure failure);

    /** Fails the stream because of this end, and notifies the peer. */
    void broken(Failure failure);
  }

  private final Vertx vertx;
  private final ContextInternal context;
  private final BusSettings settings;
  private final String address;
  private final Map<String, End> streams = new HashMap<>();
  private final Set<End> localStreams = new HashSet<>();

  /** Milliseconds without a sign of life, for each peer with open streams. */
  private final Map<String, Long> silent = new HashMap<>();

  private MessageConsumer<Object> consumer;
  private long timer = -1;
  private long lastTick;
  private long opened;

  private BusEndpoint(Vertx vertx, ContextInternal context, String address, BusSettings settings) {
    this.vertx = vertx;
    this.context = context;
    this.address = address;
    this.settings = settings;
  }

  /** As {@link #open(Vertx, String, BusSettings, Runnable)}, without a listener. */
  public static Future<BusEndpoint> open(Vertx vertx, String prefix, BusSettings settings) {
    return open(vertx, prefix, settings, () -> {});
  }

  /**
   * Registers a private address in the whole cluster, on the current context.
   *
   * @param prefix the prefix of the address; the rest is random
   * @param onClosed called when the address is unregistered, by {@link #close} or because its
   *     verticle is undeployed
   * @return completes when the address is registered in the whole cluster
   */
  public static Future<BusEndpoint> open(
      Vertx vertx, String prefix, BusSettings settings, Runnable onClosed) {
    return open(vertx, prefix, settings, false, onClosed);
  }

  /**
   * As {@link #open(Vertx, String, BusSettings, Runnable)}.
   *
   * @param local whether the address is registered on this node only
   */
  public static Future<BusEndpoint> open(
      Vertx vertx, String prefix, BusSettings settings, boolean local, Runnable onClosed) {
    ContextInternal context = (ContextInternal) vertx.getOrCreateContext();
    BusEndpoint endpoint =
        new BusEndpoint(vertx, context, prefix + "." + UUID.randomUUID(), settings);
    EventBus bus = vertx.eventBus();
    RequestCodec.register(bus);
    endpoint.consumer =
        local
            ? bus.localConsumer(endpoint.address, endpoint::receive)
            : bus.consumer(endpoint.address, endpoint::receive);
    endpoint.consumer.endHandler(
        v -> {
          endpoint.failAll();
          onClosed.run();
        });
    endpoint.lastTick = System.nanoTime() / 1_000_000;
    endpoint.timer = vertx.setPeriodic(settings.pingInterval().toMillis(), id -> endpoint.tick());
    return endpoint.consumer.completion().map(endpoint);
  }

  /** Returns the private address. */
  public String address() {
    return address;
  }

  /** Returns the context of the endpoint. */
  public ContextInternal context() {
    return context;
  }

  /** Returns the number of open streams, in either direction. */
  public int openStreams() {
    return streams.size() + localStreams.size();
  }

  /** Opens a stream as its consumer. */
  InboundStream request(String service, LlmRequest request, ChatSink sink) {
    String id = address.substring(address.length() - 8) + "-" + opened++;
    InboundStream stream = new InboundStream(this, id, sink, settings.window());
    streams.put(id, stream);
    Future<Message<Object>> reply =
        bus().request(service, request, FrameCodec.opening(stream.opening(), settings));
    if (reply.isComplete()) { // No handler: the caller must get the stream before its failure.
      context.runOnContext(
          v -> reply.onComplete(answer -> guard(stream, () -> stream.answered(answer))));
    } else {
      reply.onComplete(answer -> guard(stream, () -> stream.answered(answer)));
    }
    return stream;
  }

  /**
   * Opens a stream as its producer, and accepts it in the reply.
   *
   * @throws LlmException if the message opens no stream, or the service refuses the request
   */
  void accept(Message<?> message, ChatService service) {
    LlmRequest request = FrameCodec.request(message);
    FrameCodec.Opening opening = FrameCodec.opening(message);
    String key = key(opening.peer(), opening.stream());
    if (streams.containsKey(key)) {
      throw FrameCodec.badHeader("stream names a stream that is open already");
    }
    OutboundStream stream = new OutboundStream(this, opening);
    stream.open(service, request);
    streams.put(key, stream);
    FrameCodec.accept(message, address);
  }

  /** Unregisters the address; every open stream fails. May be called on any context. */
  public Future<Void> close() {
    Promise<Void> closed = Promise.promise();
    context.runOnContext(
        v -> {
          vertx.cancelTimer(timer);
          failAll();
          consumer.unregister().onComplete(closed);
        });
    return closed.future();
  }

  EventBus bus() {
    return vertx.eventBus();
  }

  void remove(String key, End stream) {
    streams.remove(key, stream);
  }

  void add(LocalStream stream) {
    localStreams.add(stream);
  }

  void remove(LocalStream stream) {
    localStreams.remove(stream);
  }

  /** Returns the key of a stream at its producer: consumers choose the ids independently. */
  static String key(String peer, String id) {
    return peer + "/" + id;
  }

  private void receive(Message<Object> message) {
    String type = FrameCodec.type(message);
    if (type == null || type.equals(FrameCodec.TYPE_PING)) {
      message.reply(null);
      return;
    }
    String id = FrameCodec.stream(message);
    String peer = FrameCodec.peer(message);
    boolean cancel = type.equals(FrameCodec.TYPE_CANCEL);
    boolean forProducer = cancel || type.equals(FrameCodec.TYPE_CREDIT);
    End stream = streams.get(forProducer ? key(peer, id) : id);
    if (stream == null && cancel && peer != null && streams.get(id) instanceof InboundStream own) {
      stream = own;
    }
    if (stream != null) {
      End known = stream;
      guard(known, () -> known.frame(type, message));
    } else if (!cancel && id != null && peer != null) {
      // The other end must neither continue nor wait for a stream that has ended here.
      send(peer, null, FrameCodec.cancel(id, address));
    }
  }

  void send(String peer, Object body, DeliveryOptions options) {
    bus().sender(peer, options).write(body).onFailure(noHandlers -> peerLost(peer));
  }

  /** Runs an action of a stream; an exception fails that stream only. */
  void guard(End stream, Runnable action) {
    try {
      action.run();
    } catch (Throwable e) {
      log(e);
      stream.broken(LlmException.failureOf(e));
    }
  }

  static void log(Throwable e) {
    LOG.log(Level.ERROR, "a stream's handler failed", e);
  }

  /**
   * Pings every peer. A process that was killed is detected at the next tick, when the ping cannot
   * be sent. One that does not answer may be busy, and is lost after the timeout. Only time during
   * which this endpoint was running counts: after a pause of its own, the answers are still queued
   * behind the timer.
   */
  private void tick() {
    long now = System.nanoTime() / 1_000_000;
    long interval = settings.pingInterval().toMillis();
    long running = Math.min(now - lastTick, 2 * interval);
    lastTick = now;
    Map<String, Long> waited = new HashMap<>(silent);
    silent.clear();
    for (End stream : streams.values()) {
      if (stream.peer() != null) {
        silent.computeIfAbsent(
            stream.peer(), peer -> waited.getOrDefault(peer, -running) + running);
      }
    }
    for (String peer : List.copyOf(silent.keySet())) {
      if (silent.get(peer) >= settings.pingTimeout().toMillis()) {
        peerLost(peer);
      } else {
        ping(peer);
      }
    }
  }

  private void ping(String peer) {
    bus()
        .request(peer, null, FrameCodec.ping(settings))
        .onComplete(
            (answer, error) -> {
              if (answer != null) {
                silent.computeIfPresent(peer, (same, ms) -> 0L);
              } else if (!timedOut(error)) {
                peerLost(peer);
              }
            });
  }

  private static boolean timedOut(Throwable error) {
    return error instanceof ReplyException e && e.failureType() == ReplyFailure.TIMEOUT;
  }

  void peerLost(String peer) {
    Failure failure = Failure.of(FailureKind.NETWORK, "the peer on the event bus vanished");
    streams.values().stream()
        .filter(stream -> peer.equals(stream.peer()))
        .toList()
        .forEach(stream -> guard(stream, () -> stream.lost(failure)));
  }

  /** Fails all streams and notifies their peers: the address is being unregistered. */
  private void failAll() {
    Failure failure = Failure.of(FailureKind.NETWORK, "the endpoint was closed");
    List.copyOf(streams.values()).forEach(stream -> guard(stream, () -> stream.broken(failure)));
    List.copyOf(localStreams).forEach(stream -> stream.broken(failure));
  }
}
