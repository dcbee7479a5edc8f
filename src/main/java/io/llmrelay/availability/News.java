package io.llmrelay.availability;

import io.llmrelay.chat.CandidateName;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.observe.RelayEvent.CircuitState;
import io.llmrelay.observe.RelayEvent.CircuitStateChange;
import io.llmrelay.observe.RelayEvent.Exhausted;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonObject;
import java.util.UUID;

/**
 * Announcements about backends between the relays on one event bus. They are hints, and apply only
 * to the same account: cooldowns and refused keys are adopted and spend is added up, but a circuit
 * that opened elsewhere makes ours only suspicious.
 */
final class News {
  /** Suffix of the address of the announcements. */
  static final String ADDRESS = ".announce";

  private static final String ORIGIN = "origin";
  private static final String ACCOUNT = "account";

  private final Vertx vertx;
  private final Availability availability;
  private final String origin = UUID.randomUUID().toString();
  private String address;
  private MessageConsumer<Object> consumer;

  News(Vertx vertx, Availability availability) {
    this.vertx = vertx;
    this.availability = availability;
  }

  Future<Void> open(String prefix) {
    address = prefix + ADDRESS;
    consumer = vertx.eventBus().consumer(address, this::onAnnouncement);
    return consumer.completion();
  }

  Future<Void> close() {
    return consumer == null ? Future.succeededFuture() : consumer.unregister();
  }

  void exhausted(BackendState backend, Exhausted event) {
    publish(backend, event.toJson());
  }

  void opened(BackendState backend, CircuitStateChange event) {
    publish(backend, event.toJson());
  }

  void spent(BackendState backend, Cost cost) {
    publish(
        backend,
        new JsonObject()
            .put("spender", backend.name)
            .put("requests", cost.requests())
            .put("tokens", cost.tokens())
            .put("nano_usd", cost.nanoUsd()));
  }

  private void publish(BackendState backend, JsonObject announcement) {
    announcement.put(ORIGIN, origin).put(ACCOUNT, backend.account);
    vertx.eventBus().publish(address, announcement);
  }

  /** Ignores malformed announcements and those for other accounts. */
  private void onAnnouncement(Message<Object> message) {
    if (!(message.body() instanceof JsonObject news) || origin.equals(news.getValue(ORIGIN))) {
      return;
    }
    if (news.getValue("candidate") instanceof String candidate
        && news.getValue("reason") instanceof String reason
        && news.getValue("for_ms") instanceof Number forMs) {
      BackendState backend = ours(candidate, news);
      if (backend != null) {
        exhausted(
            backend,
            CandidateName.parse(candidate).model(),
            FailureKind.of(reason),
            forMs.longValue());
      }
    } else if (news.getValue("circuit") instanceof String circuit
        && CircuitState.OPEN.code().equals(news.getValue("to"))) {
      BackendState backend = ours(circuit, news);
      if (backend != null) {
        backend.suspect(circuit);
      }
    } else if (news.getValue("spender") instanceof String spender
        && news.getValue("requests") instanceof Number requests
        && news.getValue("tokens") instanceof Number tokens
        && news.getValue("nano_usd") instanceof Number nanoUsd) {
      BackendState backend = ours(spender, news);
      if (backend != null) {
        backend.budget.spentElsewhere(
            new Cost(requests.longValue(), tokens.longValue(), nanoUsd.longValue()));
        availability.changed();
      }
    }
  }

  private void exhausted(BackendState backend, String model, FailureKind kind, long forMs) {
    if (kind != FailureKind.AUTHENTICATION) {
      if (forMs > 0 && backend.exhaustion.extend(model, kind, forMs)) {
        availability.changed();
      }
    } else if (forMs < 0) {
      availability.keyRefused(backend, false);
    } else {
      availability.keyAccepted(backend, false);
    }
  }

  /** Returns the backend that is named, or whose model is, if it has the same account. */
  private BackendState ours(String name, JsonObject news) {
    String owner = CandidateName.parse(name).backend();
    BackendState backend = availability.backends().all().get(owner);
    return backend != null && backend.account.equals(news.getValue(ACCOUNT)) ? backend : null;
  }
}
