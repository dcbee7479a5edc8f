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
 * The announcements that relays on one event bus exchange about their backends. An announcement is
 * a hint and applies only to a backend with the same account: a cooldown or refused key is adopted
 * and spend is added, but an open circuit of another relay only lets the next failure open the
 * circuit here.
 */
final class News {
  /** The suffix of the address at which announcements are published. */
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

  void circuitOpened(BackendState backend, CircuitStateChange event) {
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
    if (!(message.body() instanceof JsonObject announcement)
        || origin.equals(announcement.getValue(ORIGIN))) {
      return;
    }
    if (announcement.getValue("candidate") instanceof String candidate
        && announcement.getValue("reason") instanceof String reason
        && announcement.getValue("for_ms") instanceof Number forMs) {
      BackendState backend = localBackend(candidate, announcement);
      if (backend != null) {
        adoptCooldown(
            backend,
            CandidateName.parse(candidate).model(),
            FailureKind.of(reason),
            forMs.longValue());
      }
    } else if (announcement.getValue("circuit") instanceof String circuit
        && CircuitState.OPEN.code().equals(announcement.getValue("to"))) {
      BackendState backend = localBackend(circuit, announcement);
      if (backend != null) {
        backend.suspect(circuit);
      }
    } else if (announcement.getValue("spender") instanceof String spender
        && announcement.getValue("requests") instanceof Number requests
        && announcement.getValue("tokens") instanceof Number tokens
        && announcement.getValue("nano_usd") instanceof Number nanoUsd) {
      BackendState backend = localBackend(spender, announcement);
      if (backend != null) {
        backend.budget.spentElsewhere(
            new Cost(requests.longValue(), tokens.longValue(), nanoUsd.longValue()));
        availability.changed();
      }
    }
  }

  private void adoptCooldown(BackendState backend, String model, FailureKind kind, long forMs) {
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

  /** Returns the local backend of a candidate, if its account is that of the announcement. */
  private BackendState localBackend(String name, JsonObject announcement) {
    String owner = CandidateName.parse(name).backend();
    BackendState backend = availability.backends().all().get(owner);
    return backend != null && backend.account.equals(announcement.getValue(ACCOUNT))
        ? backend
        : null;
  }
}
