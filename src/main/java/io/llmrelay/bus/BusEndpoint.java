package io.llmrelay.bus;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ChatService;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmException;
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
import io.vertx.core.json.JsonObject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * One private address on the event bus and the streams that run through it, as producer and as
 * consumer.
 *
 * <p>Every method must be called, and every callback comes, on the context that called {@link
 * #open}.
 */
public final class BusEndpoint {
  private static final Logger LOG = System.getLogger(BusEndpoint.class.getName());

  /** One end of a stream, as the endpoint sees it. */
  interface End {
    /** The other end's private address; {@code null} where it is not known or there is none. */
    String peer();

    /** A frame has come. */
    default void frame(String type, Message<?> message) {}

    /** The peer is gone. */
    void lost(Failure failure);

    /** This end gives up, and tells the peer. */
    void broken(Failure failure);
  }

  private final Vertx vertx;
  private final ContextInternal context;
  private final BusSettings settings;
  private final String address;
  private final Map<String, End> streams = new HashMap<>();
  private final Set<End> localStreams = new HashSet<>();

  /** The peers with open streams, and for how many milliseconds each has been silent. */
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

  /** As {@link #open(Vertx, String, BusSettings, Runnable)}, for an owner that ends with it. */
  public static Future<BusEndpoint> open(Vertx vertx, String prefix, BusSettings settings) {
    return open(vertx, prefix, settings, () -> {});
  }

  /**
   * Registers a private address for the whole cluster on the current context.
   *
   * @param prefix what the address starts with; the rest is random
   * @param onClosed called when the address is off the bus, by {@link #close} or because its
   *     verticle was undeployed
   * @return completes when the registration is known in the whole cluster
   */
  public static Future<BusEndpoint> open(
      Vertx vertx, String prefix, BusSettings settings, Runnable onClosed) {
    return open(vertx, prefix, settings, false, onClosed);
  }

  /**
   * As {@link #open(Vertx, String, BusSettings, Runnable)}.
   *
   * @param local whether the address is for this Vert.x alone: no other node can reach it
   */
  public static Future<BusEndpoint> open(
      Vertx vertx, String prefix, BusSettings settings, boolean local, Runnable onClosed) {
    ContextInternal context = (ContextInternal) vertx.getOrCreateContext();
    BusEndpoint endpoint =
        new BusEndpoint(vertx, context, prefix + "." + UUID.randomUUID(), settings);
    EventBus bus = vertx.eventBus();
    endpoint.consumer =
        local
            ? bus.localConsumer(endpoint.address, endpoint::receive)
            : bus.consumer(endpoint.address, endpoint::receive);
    endpoint.consumer.endHandler(
        v -> {
          endpoint.breakAll();
          onClosed.run();
        });
    endpoint.lastTick = System.nanoTime() / 1_000_000;
    endpoint.timer = vertx.setPeriodic(settings.pingInterval().toMillis(), id -> endpoint.tick());
    return endpoint.consumer.completion().map(endpoint);
  }

  /** The private address. */
  public String address() {
    return address;
  }

  /** The context everything happens on. */
  public ContextInternal context() {
    return context;
  }

  /** How many streams are open, in either direction. */
  public int openStreams() {
    return streams.size() + localStreams.size();
  }

  /** Opens a stream of messages as its consumer. */
  InboundStream request(String service, JsonObject body, ChatSink sink) {
    String id = address.substring(address.length() - 8) + "-" + opened++;
    InboundStream stream = new InboundStream(this, id, sink, settings.window());
    streams.put(id, stream);
    Future<Message<Object>> reply =
        bus().request(service, body, FrameCodec.opening(stream.opening(), settings));
    if (reply.isComplete()) { // Nobody is there; the caller must have the stream before it hears.
      context.runOnContext(
          v -> reply.onComplete(answer -> guard(stream, () -> stream.answered(answer))));
    } else {
      reply.onComplete(answer -> guard(stream, () -> stream.answered(answer)));
    }
    return stream;
  }

  /**
   * Accepts a stream of messages as its producer, and says so to the consumer.
   *
   * @throws LlmException where the message does not open a stream properly, or the service refuses
   */
  void accept(Message<?> message, ChatService service) {
    ChatRequest request = FrameCodec.request(message);
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

  /** Takes the address off the bus; every open stream fails. May be called on any context. */
  public Future<Void> close() {
    Promise<Void> closed = Promise.promise();
    context.runOnContext(
        v -> {
          vertx.cancelTimer(timer);
          breakAll();
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

  /** A producer's streams are told apart by their consumers, who choose the ids. */
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
      // The other end must not go on, or wait, for a stream that is over here.
      send(peer, null, FrameCodec.cancel(id, address));
    }
  }

  void send(String peer, Object body, DeliveryOptions options) {
    bus().sender(peer, options).write(body).onFailure(noHandlers -> peerLost(peer));
  }

  /** Whatever one stream's handler throws stays that stream's problem. */
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
   * Asks every peer whether it is there. A killed process is known by the ping that cannot be sent,
   * at the next tick; one that only says nothing may be busy, and has the whole timeout. That
   * counts the time this endpoint was awake: after a pause of its own, the answers lie unread
   * behind the timer.
   */
  private void tick() {
    long now = System.nanoTime() / 1_000_000;
    long interval = settings.pingInterval().toMillis();
    long awake = Math.min(now - lastTick, 2 * interval);
    lastTick = now;
    Map<String, Long> waited = new HashMap<>(silent);
    silent.clear();
    for (End stream : streams.values()) {
      if (stream.peer() != null) {
        silent.computeIfAbsent(stream.peer(), peer -> waited.getOrDefault(peer, -awake) + awake);
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

  /** The address is off the bus, or about to be; its peers need not wait for a ping to know. */
  private void breakAll() {
    Failure failure = Failure.of(FailureKind.NETWORK, "the endpoint was closed");
    List.copyOf(streams.values()).forEach(stream -> guard(stream, () -> stream.broken(failure)));
    List.copyOf(localStreams).forEach(stream -> stream.broken(failure));
  }
}
