package io.llmrelay.bus;

import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmException;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
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
import io.vertx.core.tracing.TracingPolicy;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
    String peer();

    void frame(Frame frame);

    /** The peer is gone. */
    void lost(Failure failure);

    /** This end gives up, and tells the peer. */
    void broken(Failure failure);
  }

  private final Vertx vertx;
  private final ContextInternal context;
  private final BusSettings settings;
  private final String address;
  private final Neighbours neighbours;
  private final Map<String, End> streams = new HashMap<>();

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
    this.neighbours = Neighbours.of(context);
  }

  /** As {@link #open(Vertx, String, BusSettings, Runnable)}, for an owner that ends with it. */
  public static Future<BusEndpoint> open(Vertx vertx, String prefix, BusSettings settings) {
    return open(vertx, prefix, settings, () -> {});
  }

  /**
   * Registers a private address on the current context.
   *
   * @param prefix what the address starts with; the rest is random
   * @param onClosed called when the address is off the bus, by {@link #close} or because its
   *     verticle was undeployed
   * @return completes when the registration is known in the whole cluster
   */
  public static Future<BusEndpoint> open(
      Vertx vertx, String prefix, BusSettings settings, Runnable onClosed) {
    ContextInternal context = (ContextInternal) vertx.getOrCreateContext();
    BusEndpoint endpoint =
        new BusEndpoint(vertx, context, prefix + "." + UUID.randomUUID(), settings);
    endpoint.consumer = vertx.eventBus().consumer(endpoint.address, endpoint::receive);
    endpoint.consumer.endHandler(
        v -> {
          endpoint.breakAll();
          endpoint.neighbours.remove(endpoint);
          onClosed.run();
        });
    endpoint.lastTick = System.nanoTime() / 1_000_000;
    endpoint.timer = vertx.setPeriodic(settings.pingInterval().toMillis(), id -> endpoint.tick());
    endpoint.neighbours.add(endpoint);
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
    return streams.size();
  }

  /**
   * Opens a stream as its consumer.
   *
   * @param service the address of the service, such as {@code llm.stream}
   * @param body the request
   * @param handler what to do with the frames; gets exactly one terminal call, unless {@link
   *     InboundStream#cancel} comes first
   */
  public InboundStream request(String service, JsonObject body, InboundStream.Handler handler) {
    String id = address.substring(address.length() - 8) + "-" + opened++;
    InboundStream stream = new InboundStream(this, id, settings.window(), handler);
    streams.put(id, stream);
    DeliveryOptions options =
        new DeliveryOptions()
            .setSendTimeout(settings.pingTimeout().toMillis())
            .setHeaders(
                MultiMap.caseInsensitiveMultiMap()
                    .add(Frames.STREAM, id)
                    .add(Frames.PEER, address)
                    .add(Frames.WINDOW, Integer.toString(settings.window())));
    Future<Message<Object>> reply = bus().request(service, body, options);
    if (reply.isComplete()) { // Nobody is there; the caller must have the stream before it hears.
      context.runOnContext(v -> reply.onComplete(stream::answered));
    } else {
      reply.onComplete(stream::answered);
    }
    return stream;
  }

  /**
   * Accepts a stream as its producer, and says so to the consumer. A message that does not open a
   * stream properly is refused.
   *
   * @return the stream, or {@code null} where it was refused
   */
  public OutboundStream accept(Message<?> message, OutboundStream.Handler handler) {
    String id = message.headers().get(Frames.STREAM);
    String peer = message.headers().get(Frames.PEER);
    String window = message.headers().get(Frames.WINDOW);
    String wrong = complaint(id, peer, window);
    if (wrong != null) {
      Frames.refuse(message, Failure.invalid(wrong, "header " + wrong));
      return null;
    }
    OutboundStream stream = new OutboundStream(this, id, peer, Integer.parseInt(window), handler);
    streams.put(key(peer, id), stream);
    message.reply(null, new DeliveryOptions().addHeader(Frames.PEER.toString(), address));
    return stream;
  }

  private String complaint(String id, String peer, String window) {
    if (id == null || id.isEmpty() || id.length() > 100) {
      return Frames.STREAM + " must be the stream's id, of at most 100 characters";
    }
    if (peer == null || peer.isEmpty() || peer.length() > 200) {
      return Frames.PEER + " must be the consumer's private address";
    }
    if (window == null || !window.matches("[1-9]\\d{0,4}")) {
      return Frames.WINDOW + " must be a number of chunks from 1 to 99999";
    }
    return streams.containsKey(key(peer, id))
        ? Frames.STREAM + " names a stream that is open already"
        : null;
  }

  /** Takes the address off the bus; every open stream fails. May be called on any context. */
  public Future<Void> close() {
    Promise<Void> closed = Promise.promise();
    context.runOnContext(
        v -> {
          vertx.cancelTimer(timer);
          breakAll();
          neighbours.remove(this);
          consumer.unregister().onComplete(closed);
        });
    return closed.future();
  }

  EventBus bus() {
    return vertx.eventBus();
  }

  void remove(End stream, String id) {
    streams.remove(stream instanceof OutboundStream ? key(stream.peer(), id) : id, stream);
  }

  /** A producer's streams are told apart by their consumers, who choose the ids. */
  private static String key(String peer, String id) {
    return peer + "/" + id;
  }

  private void receive(Message<Object> message) {
    Frame frame = Frame.of(message);
    if (frame.type() == null || frame.type().equals(Frames.TYPE_PING)) {
      message.reply(null);
    } else {
      receive(frame);
    }
  }

  void receive(Frame frame) {
    String type = frame.type();
    boolean forProducer = type.equals(Frames.TYPE_CREDIT) || type.equals(Frames.TYPE_CANCEL);
    End stream = streams.get(forProducer ? key(frame.peer(), frame.stream()) : frame.stream());
    if (stream != null) {
      guard(stream, () -> stream.frame(frame));
    } else if (type.equals(Frames.TYPE_OPEN) && frame.stream() != null && frame.peer() != null) {
      // Nobody waits for it any more: its consumer gave up before it knew the producer's address.
      send(frame.peer(), Frame.back(Frames.TYPE_CANCEL, frame.stream(), address, 0));
    }
  }

  void send(String peer, Frame frame) {
    if (!neighbours.deliver(peer, frame)) {
      vertx
          .eventBus()
          .sender(peer, Frames.options(frame.headers()))
          .write(frame.content())
          .onFailure(noHandlers -> peerLost(peer));
    }
  }

  /** Whatever one stream's handler throws stays that stream's problem. */
  void guard(End stream, Runnable action) {
    try {
      action.run();
    } catch (Throwable e) {
      LOG.log(Level.ERROR, "a stream's handler failed", e);
      stream.broken(LlmException.failureOf(e));
    }
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
      if (stream.peer() != null && !neighbours.has(stream.peer())) {
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
    DeliveryOptions options =
        new DeliveryOptions()
            .setTracingPolicy(TracingPolicy.IGNORE)
            .setSendTimeout(settings.pingTimeout().toMillis())
            .addHeader(Frames.FRAME.toString(), Frames.TYPE_PING);
    bus()
        .request(peer, null, options)
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
  }
}
