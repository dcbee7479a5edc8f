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
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * A private address on the event bus, and the streams that it has open as their producer or their
 * consumer.
 *
 * <p>Every method must be called on the context that called {@link #open}; every callback is called
 * there.
 */
public final class BusEndpoint {
  private static final Logger LOG = System.getLogger(BusEndpoint.class.getName());

  /** One side of a stream: the producer's or the consumer's. */
  interface StreamSide {
    /** Returns the private address of the other side; {@code null} if it is unknown or has none. */
    String peer();

    /** Handles a frame from the other side. */
    default void onFrame(String type, Message<?> message) {}

    /**
     * Returns the stream's id if no frame has arrived since the last call, {@code null} otherwise.
     */
    default String quietId() {
      return null;
    }

    /** Ends the stream because the peer is lost, without notifying it. */
    void onPeerLost(Failure failure);

    /** Ends the stream because this side failed, and notifies the peer. */
    void abort(Failure failure);
  }

  private final Vertx vertx;
  private final ContextInternal context;
  private final BusSettings settings;
  private final String address;
  private final Map<String, StreamSide> streams = new HashMap<>();
  private final Set<StreamSide> localStreams = new HashSet<>();
  private final Map<String, BusService> services = new HashMap<>();
  private final KnownProducers producers = new KnownProducers();

  /** The milliseconds since the last answer to a ping, for each peer with open streams. */
  private final Map<String, Long> silenceMs = new HashMap<>();

  private MessageConsumer<Object> consumer;
  private long pingTimer = -1;
  private long lastTick;
  private long quietCheckAt;
  private long openedStreams;

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
   * Registers a private address that all nodes of a cluster can reach, on the current context.
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
    endpoint.quietCheckAt = endpoint.lastTick;
    endpoint.pingTimer =
        vertx.setPeriodic(settings.pingInterval().toMillis(), id -> endpoint.tick());
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

  /** Opens a stream at a service, as its consumer. */
  InboundStream request(String service, LlmRequest request, ChatSink sink, boolean anywhere) {
    String id = address.substring(address.length() - 8) + "-" + openedStreams++;
    InboundStream stream = new InboundStream(this, id, sink, settings.window());
    new StreamOpening(this, service, request, stream, anywhere).start();
    return stream;
  }

  /**
   * Opens the stream that a message requests, as its producer, and accepts it in the reply.
   *
   * @throws LlmException if the message is invalid, or the service refuses the request
   */
  void accept(Message<?> message, ChatService service) {
    LlmRequest request = FrameCodec.request(message);
    FrameCodec.Opening opening = FrameCodec.opening(message);
    String key = key(opening.peer(), opening.stream());
    if (streams.containsKey(key)) {
      throw FrameCodec.badHeader("stream is the id of a stream that is already open");
    }
    OutboundStream stream = new OutboundStream(this, opening, StreamTrace.begin(vertx, message));
    stream.open(service, request);
    streams.put(key, stream);
    FrameCodec.accept(message, address);
  }

  /** Unregisters the address; every open stream fails. May be called on any context. */
  public Future<Void> close() {
    Promise<Void> closed = Promise.promise();
    context.runOnContext(
        v -> {
          vertx.cancelTimer(pingTimer);
          failAll();
          consumer.unregister().onComplete(closed);
        });
    return closed.future();
  }

  EventBus bus() {
    return vertx.eventBus();
  }

  BusSettings settings() {
    return settings;
  }

  boolean isClustered() {
    return vertx.isClustered();
  }

  KnownProducers producers() {
    return producers;
  }

  long setTimer(Duration delay, Runnable action) {
    return vertx.setTimer(delay.toMillis(), id -> action.run());
  }

  void cancelTimer(long id) {
    vertx.cancelTimer(id);
  }

  void add(String key, StreamSide stream) {
    streams.put(key, stream);
  }

  void remove(String key, StreamSide stream) {
    streams.remove(key, stream);
  }

  /** Lets requests to the private address name this service. */
  void add(String name, BusService service) {
    services.put(name, service);
  }

  void remove(String name, BusService service) {
    services.remove(name, service);
  }

  void add(LocalStream stream) {
    localStreams.add(stream);
  }

  void remove(LocalStream stream) {
    localStreams.remove(stream);
  }

  /**
   * Returns the key of a stream at its producer. Ids are unique only within one consumer's address.
   */
  static String key(String peer, String id) {
    return peer + "/" + id;
  }

  private void receive(Message<Object> message) {
    String type = FrameCodec.type(message);
    if (type == null && FrameCodec.service(message) != null) {
      serve(message);
      return;
    }
    String id = FrameCodec.stream(message);
    String peer = FrameCodec.peer(message);
    if (type == null || type.equals(FrameCodec.TYPE_PING)) {
      message.reply(null);
      if (id != null && peer != null && !isOpen(id, peer)) {
        send(peer, null, FrameCodec.cancelOptions(id, address));
      }
      return;
    }
    boolean cancel = type.equals(FrameCodec.TYPE_CANCEL);
    boolean forProducer = cancel || type.equals(FrameCodec.TYPE_CREDIT);
    StreamSide stream = streams.get(forProducer ? key(peer, id) : id);
    if (stream == null && cancel && peer != null && streams.get(id) instanceof InboundStream own) {
      stream = own;
    }
    if (stream != null) {
      StreamSide known = stream;
      guard(known, () -> known.onFrame(type, message));
    } else if (!cancel && id != null && peer != null) {
      // The peer must neither continue a stream that has ended here, nor wait for it.
      send(peer, null, FrameCodec.cancelOptions(id, address));
    }
  }

  private boolean isOpen(String id, String peer) {
    return streams.containsKey(key(peer, id)) || streams.containsKey(id);
  }

  /** Passes a request that was sent to the private address on to the service that it names. */
  private void serve(Message<Object> message) {
    BusService service = services.get(FrameCodec.service(message));
    if (service == null) {
      FrameCodec.refuse(
          message, Failure.of(FailureKind.UNAVAILABLE, "the service is not available here"));
    } else {
      service.receive(message);
    }
  }

  void send(String peer, Object body, DeliveryOptions options) {
    bus().sender(peer, options).write(body).onFailure(noHandlers -> peerLost(peer));
  }

  /** Runs an action of a stream; an exception fails that stream only. */
  void guard(StreamSide stream, Runnable action) {
    try {
      action.run();
    } catch (Throwable e) {
      log(e);
      stream.abort(LlmException.failureOf(e));
    }
  }

  static void log(Throwable e) {
    LOG.log(Level.ERROR, "a stream's handler failed", e);
  }

  /**
   * Pings every peer. A peer whose process was killed is lost at the next tick, when the ping
   * cannot be sent. A peer that does not answer may be busy, and is lost after the ping timeout.
   * Time during which this process was suspended does not count as silence: answers that arrived
   * meanwhile are processed only after this timer.
   */
  private void tick() {
    long now = System.nanoTime() / 1_000_000;
    long interval = settings.pingInterval().toMillis();
    long running = Math.min(now - lastTick, 2 * interval);
    lastTick = now;
    Map<String, Long> waited = new HashMap<>(silenceMs);
    silenceMs.clear();
    for (StreamSide stream : streams.values()) {
      if (stream.peer() != null) {
        silenceMs.computeIfAbsent(
            stream.peer(), peer -> waited.getOrDefault(peer, -running) + running);
      }
    }
    for (String peer : List.copyOf(silenceMs.keySet())) {
      if (silenceMs.get(peer) >= settings.pingTimeout().toMillis()) {
        peerLost(peer);
      } else {
        ping(peer);
      }
    }
    if (now - quietCheckAt >= settings.pingTimeout().toMillis()) {
      quietCheckAt = now;
      pingQuietStreams();
    }
  }

  /**
   * Names each stream without frames to its peer, which answers with a cancel if it does not know
   * the stream: a cancel or a terminal frame is lost if the nodes of a cluster are partitioned.
   */
  private void pingQuietStreams() {
    for (StreamSide stream : List.copyOf(streams.values())) {
      String quiet = stream.peer() == null ? null : stream.quietId();
      if (quiet != null) {
        send(stream.peer(), null, FrameCodec.pingOptions(quiet, address));
      }
    }
  }

  private void ping(String peer) {
    bus()
        .request(peer, null, FrameCodec.pingOptions(settings))
        .onComplete(
            (answer, error) -> {
              if (answer != null) {
                silenceMs.computeIfPresent(peer, (same, ms) -> 0L);
              } else if (!timedOut(error)) {
                peerLost(peer);
              }
            });
  }

  private static boolean timedOut(Throwable error) {
    return error instanceof ReplyException e && e.failureType() == ReplyFailure.TIMEOUT;
  }

  void peerLost(String peer) {
    producers.lost(peer);
    Failure failure = Failure.of(FailureKind.NETWORK, "the peer on the event bus vanished");
    streams.values().stream()
        .filter(stream -> peer.equals(stream.peer()))
        .toList()
        .forEach(stream -> guard(stream, () -> stream.onPeerLost(failure)));
  }

  /** Fails all streams and notifies their peers: the address is being unregistered. */
  private void failAll() {
    Failure failure = Failure.of(FailureKind.NETWORK, "the endpoint was closed");
    List.copyOf(streams.values()).forEach(stream -> guard(stream, () -> stream.abort(failure)));
    List.copyOf(localStreams).forEach(stream -> stream.abort(failure));
  }
}
