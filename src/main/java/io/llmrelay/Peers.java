package io.llmrelay;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Comparator;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * The other relays with the same addresses on the event bus, as operators see them. They are asked
 * while somebody looks, at most once a second, and forgotten when they no longer answer.
 *
 * <p>At {@code <prefix>.peers} a question is {@code {"ask": name}} and an answer {@code {"name",
 * "to", "requests", "out": [backend]}}; both are published.
 */
final class Peers {
  private static final long ASK_MS = 1_000;
  private static final long FORGET_MS = 5_000;

  /** The most relays that are listed. */
  private static final int MAX_PEERS = 200;

  private final Vertx vertx;
  private final String address;
  private final Supplier<JsonObject> summary;
  private final String name = newName();
  private final Map<String, Peer> peers = new ConcurrentHashMap<>();
  private final AtomicLong askedAt = new AtomicLong(Long.MIN_VALUE / 2);

  private record Peer(String name, JsonObject summary, long at) {}

  /**
   * @param prefix the prefix of the relays' public addresses
   * @param summary returns what this relay answers; called on an event loop
   */
  Peers(Vertx vertx, String prefix, Supplier<JsonObject> summary) {
    this.vertx = vertx;
    this.summary = summary;
    address = prefix + ".peers";
  }

  /** Returns a name that is unique and tells people which process it is. */
  private static String newName() {
    String host = System.getenv().getOrDefault("HOSTNAME", "relay");
    return host
        + "-"
        + ProcessHandle.current().pid()
        + "-"
        + UUID.randomUUID().toString().substring(0, 4);
  }

  String name() {
    return name;
  }

  Future<?> open() {
    MessageConsumer<Object> consumer = vertx.eventBus().consumer(address, this::receive);
    return consumer.completion();
  }

  /** Returns what is known of the others, and asks them again if that is due. */
  JsonArray toJson() {
    long now = now();
    long before = askedAt.get();
    if (now - before >= ASK_MS && askedAt.compareAndSet(before, now)) {
      vertx.eventBus().publish(address, new JsonObject().put("ask", name));
    }
    peers.values().removeIf(peer -> now - peer.at >= FORGET_MS);
    JsonArray others = new JsonArray();
    peers.values().stream()
        .sorted(Comparator.comparing(Peer::name))
        .forEach(
            peer ->
                others.add(
                    new JsonObject()
                        .put("name", peer.name)
                        .put("requests", peer.summary.getValue("requests"))
                        .put("out", peer.summary.getValue("out"))
                        .put("age_ms", now - peer.at)));
    return others;
  }

  /** Answers a question and notes an answer; anything else is ignored. */
  private void receive(Message<Object> message) {
    if (!(message.body() instanceof JsonObject body)) {
      return;
    }
    if (body.getValue("ask") instanceof String asking && !asking.equals(name)) {
      JsonObject answer = summary.get().put("name", name).put("to", asking);
      vertx.eventBus().publish(address, answer);
    } else if (name.equals(body.getValue("to"))
        && body.getValue("name") instanceof String peer
        && body.getValue("requests") instanceof Number
        && body.getValue("out") instanceof JsonArray
        && (peers.size() < MAX_PEERS || peers.containsKey(peer))) {
      peers.put(peer, new Peer(peer, body, now()));
    }
  }

  private static long now() {
    return System.nanoTime() / 1_000_000;
  }
}
