package io.llmrelay.cluster;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.json.JsonObject;
import io.vertx.core.spi.cluster.ClusterManager;
import java.util.HashSet;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;

/**
 * The limits that all relays with the same prefix on an event bus keep to together. Without limits
 * nothing is registered, and without other relays nothing is sent. {@link LimitExchange} describes
 * how limits are shared.
 *
 * <p>{@link #add} and {@link #remove} may be called on any thread.
 */
public final class SharedLimits implements Sharing {
  /** Suffix of the address of the reports. */
  static final String ADDRESS = ".limits";

  /** How many relays are asked at the start, and how long the start waits for each. */
  private static final int ASKED_AT_START = 3;

  private static final long ASK_TIMEOUT_MS = 500;
  private static final long ASK_INTERVAL_MS = 10_000;

  private final Vertx vertx;
  private final Context context;
  private final LimitExchange exchange;
  private String address;
  private MessageConsumer<Object> consumer;
  private long tickTimer = -1;
  private long askTimer = -1;
  private boolean closed;

  /**
   * @param context the context on which limits are shared
   * @param clock a monotonic clock in milliseconds
   */
  public SharedLimits(Vertx vertx, Context context, LongSupplier clock) {
    this.vertx = vertx;
    this.context = context;
    // Not the cluster manager's id alone: a Vert.x may have several relays.
    String relay = UUID.randomUUID().toString();
    ClusterManager manager = vertx.isClustered() ? ((VertxInternal) vertx).clusterManager() : null;
    exchange =
        new LimitExchange(
            manager == null ? relay : manager.getNodeId() + "/" + relay.substring(0, 4),
            clock,
            () -> manager == null ? null : new HashSet<>(manager.getNodes()),
            this::publish);
  }

  /** Returns the id under which this relay reports its use. */
  public String node() {
    return exchange.node();
  }

  /**
   * Goes on under the id that this relay had before it was restarted. Must not be called in a
   * cluster, where others may have counted what was spent under that id, or for a copy of a file.
   */
  public void resume(String node) {
    exchange.setNode(node);
  }

  @Override
  public void add(SharedLimit limit) {
    onContext(
        () -> {
          exchange.add(limit);
          if (address != null) {
            start();
          }
        });
  }

  @Override
  public void remove(SharedLimit limit) {
    onContext(() -> exchange.remove(limit));
  }

  private void onContext(Runnable action) {
    if (Vertx.currentContext() == context) {
      action.run();
    } else {
      context.runOnContext(v -> action.run());
    }
  }

  /**
   * Starts to share limits, as soon as there are any, and asks others what was used before. Must be
   * called on the context. The future does not fail if nobody answers.
   *
   * @param prefix the prefix of the relays' public addresses
   */
  public Future<Void> open(String prefix) {
    address = prefix + ADDRESS;
    return start();
  }

  private Future<Void> start() {
    if (consumer != null || exchange.isEmpty() || closed) {
      return Future.succeededFuture();
    }
    consumer = vertx.eventBus().consumer(address, this::onMessage);
    if (vertx.isClustered()) {
      scheduleAsking();
    }
    return consumer
        .completion()
        .compose(
            registered -> {
              publish(exchange.hello());
              return askSome(ASKED_AT_START);
            });
  }

  /** Gives this relay's parts back, and stops. Must be called on the context. */
  public Future<Void> close() {
    closed = true;
    vertx.cancelTimer(askTimer);
    vertx.cancelTimer(tickTimer);
    if (consumer == null) {
      return Future.succeededFuture();
    }
    if (exchange.hasPeers()) {
      publish(exchange.goodbye());
    }
    return consumer.unregister();
  }

  private void publish(JsonObject message) {
    vertx.eventBus().publish(address, message);
  }

  /** Ticks as long as there are other relays. */
  private void updateTimer() {
    if (exchange.hasPeers() && tickTimer < 0 && !closed) {
      tickTimer = vertx.setPeriodic(LimitExchange.TICK_MS, fired -> tick());
    } else if (!exchange.hasPeers() && tickTimer >= 0) {
      vertx.cancelTimer(tickTimer);
      tickTimer = -1;
    }
  }

  private void tick() {
    exchange.tick();
    updateTimer();
  }

  private void scheduleAsking() {
    // Not all relays at the same time, even if they were started together.
    long delay = ThreadLocalRandom.current().nextLong(ASK_INTERVAL_MS / 2, ASK_INTERVAL_MS);
    askTimer =
        vertx.setTimer(
            delay,
            fired -> {
              ask();
              scheduleAsking();
            });
  }

  private Future<Void> askSome(int count) {
    return count == 0 ? Future.succeededFuture() : ask().compose(asked -> askSome(count - 1));
  }

  /** Asks one relay, whose turn it is, what it knows; it may be this one. */
  private Future<Void> ask() {
    return vertx
        .eventBus()
        .<Object>request(
            address,
            exchange.hello().put("ask", true),
            new DeliveryOptions().setSendTimeout(ASK_TIMEOUT_MS))
        .onSuccess(this::onMessage)
        .transform(answered -> Future.succeededFuture());
  }

  private void onMessage(Message<Object> message) {
    if (message.body() instanceof JsonObject body) {
      if (Boolean.TRUE.equals(body.getValue("ask"))) {
        message.reply(exchange.known());
      }
      exchange.receive(body);
      updateTimer();
    }
  }
}
