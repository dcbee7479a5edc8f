package io.llmrelay.availability;

import io.llmrelay.chat.CandidateName;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.observe.RelayEvent.CircuitState;
import io.llmrelay.observe.impl.Metrics;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * What relays on one event bus tell each other about backends. News are hints, and apply only to
 * the same account: cooldowns and refused keys are adopted, but a circuit that opened elsewhere
 * makes ours only suspicious.
 *
 * <p>They are published at once, and coalesced while more follow. A message may be lost, and relays
 * may be partitioned: therefore a relay asks some others what they know when it starts and, in a
 * cluster, one of them from time to time. Each answer merges into what is known here: a cooldown is
 * only extended, and of two states of a key the one with the higher revision holds.
 *
 * <p>Everything runs on the context of the availability.
 */
final class News {
  /** Suffix of the address of the news. */
  static final String ADDRESS = ".announce";

  static final int VERSION = 1;

  /** The least time between two messages. */
  static final long INTERVAL_MS = 10;

  /** How many relays are asked at the start, and how long the start waits for each. */
  private static final int ASKED_AT_START = 3;

  private static final long ASK_TIMEOUT_MS = 500;
  private static final long ASK_INTERVAL_MS = 10_000;

  private final Vertx vertx;
  private final Context context;
  private final Availability availability;
  private final LongSupplier clock;
  private final NewsBatch batch;
  private final String node = UUID.randomUUID().toString();
  private final LongConsumer lag;

  /** How often the state of an account's key is known to have changed. */
  private final Map<String, Long> keyRevisions = new HashMap<>();

  private String address;
  private MessageConsumer<Object> consumer;
  private long publishedAt;

  /** The time of day of the first announcement in the batch; 0 if there is none. */
  private long announcedAt;

  private long publishTimer = -1;
  private long askTimer = -1;
  private boolean closed;

  /**
   * @param clock a monotonic clock in milliseconds
   */
  News(Vertx vertx, Context context, Availability availability, LongSupplier clock) {
    this.vertx = vertx;
    this.context = context;
    this.availability = availability;
    this.clock = clock;
    batch = new NewsBatch(clock);
    lag =
        vertx.isClustered()
            ? Metrics.ofCluster(() -> ((VertxInternal) vertx).clusterManager().getNodes().size())
            : ms -> {};
    publishedAt = clock.getAsLong() - INTERVAL_MS;
  }

  /** Starts to listen, and asks others what they know. The future does not fail if none answers. */
  Future<Void> open(String prefix) {
    address = prefix + ADDRESS;
    consumer = vertx.eventBus().consumer(address, this::onMessage);
    if (vertx.isClustered()) {
      scheduleAsking();
    }
    return consumer.completion().compose(registered -> askSome(ASKED_AT_START));
  }

  /** Publishes what is left, and stops. */
  Future<Void> close() {
    publish();
    closed = true;
    vertx.cancelTimer(askTimer);
    return consumer == null ? Future.succeededFuture() : consumer.unregister();
  }

  /** Announces a cooldown of a model, or of the whole account if it is {@code null}. */
  void cooldown(Account account, String model, FailureKind kind, long forMs) {
    announce(news -> news.cooldown(account, model, kind, forMs));
  }

  /** Announces that a key is refused, or accepted again. */
  void key(Account account, boolean refused) {
    announce(news -> news.key(account, refused, keyRevisions.merge(account.id, 1L, Long::sum)));
  }

  /** Announces that a circuit has opened. */
  void opened(BackendState backend, String circuit) {
    announce(news -> news.open(backend.keys().get(0), CandidateName.parse(circuit).model()));
  }

  /** Publishes at once, or after the least time since the last message. */
  private void announce(Consumer<NewsBatch> addition) {
    long at = System.currentTimeMillis();
    add(
        news -> {
          announcedAt = announcedAt == 0 ? at : announcedAt;
          addition.accept(news);
        },
        () -> {
          long wait = publishedAt + INTERVAL_MS - clock.getAsLong();
          if (wait <= 0) {
            publish();
          } else if (publishTimer < 0) {
            publishTimer = vertx.setTimer(Math.min(wait, INTERVAL_MS), fired -> publish());
          }
        });
  }

  /** Adds to the batch and schedules its publication. May be called on any thread. */
  private void add(Consumer<NewsBatch> addition, Runnable schedule) {
    context.runOnContext(
        v -> {
          if (closed) {
            return;
          }
          addition.accept(batch);
          if (batch.isFull()) {
            publish();
          } else {
            schedule.run();
          }
        });
  }

  private void publish() {
    vertx.cancelTimer(publishTimer);
    publishTimer = -1;
    publishedAt = clock.getAsLong();
    JsonArray news = batch.take();
    if (!news.isEmpty() && address != null) {
      JsonObject message = message(news);
      if (announcedAt > 0) {
        message.put("at", announcedAt);
      }
      vertx.eventBus().publish(address, message);
    }
    announcedAt = 0;
  }

  private JsonObject message(JsonArray news) {
    return new JsonObject().put("version", VERSION).put("node", node).put("news", news);
  }

  private void scheduleAsking() {
    // Not all nodes at the same time, even if they were started together.
    long delay = ThreadLocalRandom.current().nextLong(ASK_INTERVAL_MS / 2, ASK_INTERVAL_MS);
    askTimer =
        vertx.setTimer(
            delay,
            fired -> {
              ask().onComplete(asked -> {});
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
            message(new JsonArray()).put("ask", true),
            new DeliveryOptions().setSendTimeout(ASK_TIMEOUT_MS))
        .onSuccess(this::onMessage)
        .transform(answered -> Future.succeededFuture());
  }

  /** Ignores malformed messages, and those of this node. */
  private void onMessage(Message<Object> message) {
    if (!(message.body() instanceof JsonObject body)) {
      return;
    }
    if (Boolean.TRUE.equals(body.getValue("ask"))) {
      message.reply(message(known()));
    } else if (!node.equals(body.getValue("node"))
        && body.getValue("news") instanceof JsonArray news) {
      if (body.getValue("at") instanceof Number at) {
        lag.accept(System.currentTimeMillis() - at.longValue());
      }
      for (Object item : news) {
        if (item instanceof JsonObject json && json.getValue("account") instanceof String account) {
          for (BackendState backend : states()) {
            for (Account known : backend.keys()) {
              if (known.id.equals(account)) {
                adopt(backend, known, json);
              }
            }
          }
        }
      }
    }
  }

  private List<BackendState> states() {
    return List.copyOf(availability.backends().all().values());
  }

  /** Returns what is known here of all accounts, found out or adopted. */
  private JsonArray known() {
    NewsBatch all = new NewsBatch(clock);
    for (BackendState backend : states()) {
      for (Account account : backend.keys()) {
        for (Exhaustion.Remaining each : account.exhaustion.cooldowns()) {
          all.cooldown(account, each.model(), each.kind(), each.forMs());
        }
        Long revision = keyRevisions.get(account.id);
        if (revision != null) {
          all.key(account, account.exhaustion.keyRefused(), revision);
        }
      }
      backend
          .circuitStates()
          .forEach(
              (circuit, state) -> {
                if (state == CircuitState.OPEN) {
                  all.open(backend.keys().get(0), CandidateName.parse(circuit).model());
                }
              });
    }
    return all.take();
  }

  /** Merges one item; words that are not known here are ignored. */
  private void adopt(BackendState backend, Account account, JsonObject news) {
    String model = news.getValue("model") instanceof String name ? name : null;
    if (news.getValue("cooldown") instanceof String reason
        && news.getValue("for_ms") instanceof Number forMs) {
      availability.adoptCooldown(account, model, FailureKind.of(reason), forMs.longValue());
    } else if (news.getValue("key") instanceof String state
        && news.getValue("revision") instanceof Number revision) {
      adoptKey(backend, account, state, revision.longValue());
    } else if (CircuitState.OPEN.code().equals(news.getValue("circuit"))) {
      backend.suspect(model);
    }
  }

  /** Of two states with the same revision, both found out at once, the accepted key holds. */
  private void adoptKey(BackendState backend, Account account, String state, long revision) {
    long known = keyRevisions.getOrDefault(account.id, 0L);
    boolean accepted = state.equals("accepted");
    boolean refused = state.equals("refused");
    if ((accepted && revision >= known) || (refused && revision > known)) {
      keyRevisions.put(account.id, revision);
      if (refused) {
        availability.keyRefused(backend, account, false);
      } else {
        availability.keyAccepted(backend, account, false);
      }
    }
  }
}
