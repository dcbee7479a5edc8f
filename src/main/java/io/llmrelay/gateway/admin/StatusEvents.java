package io.llmrelay.gateway.admin;

import io.llmrelay.RelayAdmin;
import io.llmrelay.gateway.server.GatewayError;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.List;

/**
 * Serves the state of the relay: once as JSON, and several times a second as server-sent events
 * ({@code event: status}). The first event has all failovers and changes that are kept, and each
 * later one only those that are new.
 *
 * <p>The state is read only as long as somebody watches. A client that reads slowly misses states,
 * but no failover that is still kept. One object serves the clients of one event loop.
 */
public final class StatusEvents {
  /** Milliseconds between two events. */
  static final long PERIOD_MS = 250;

  /** The most clients on one event loop. */
  static final int MAX_CLIENTS = 20;

  private static final String FAILOVERS = "failovers";
  private static final String CHANGES = "changes";

  private final Vertx vertx;
  private final RelayAdmin admin;
  private final List<Client> clients = new ArrayList<>();
  private long timer;

  /** A client and the numbers of the last entries it was sent. */
  private static final class Client {
    private final HttpServerResponse response;
    private long failover;
    private long change;

    private Client(HttpServerResponse response) {
      this.response = response;
    }
  }

  public StatusEvents(Vertx vertx, RelayAdmin admin) {
    this.vertx = vertx;
    this.admin = admin;
  }

  /** Serves {@code GET /admin/status}. */
  public void status(RoutingContext ctx) {
    ctx.response().putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
    ctx.json(admin.status(0, 0));
  }

  /** Serves {@code GET /admin/events}. */
  public void events(RoutingContext ctx) {
    if (admin.isClosed() || clients.size() >= MAX_CLIENTS) {
      String message =
          admin.isClosed() ? "the relay is shutting down" : "too many clients watch this relay";
      ctx.fail(GatewayError.rejected(503, "not_watchable", message));
      return;
    }
    Client client = new Client(ctx.response());
    ctx.response()
        .putHeader(HttpHeaders.CONTENT_TYPE, "text/event-stream; charset=utf-8")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        .setChunked(true);
    ctx.addEndHandler(end -> remove(client));
    if (clients.isEmpty()) {
      timer = vertx.setPeriodic(PERIOD_MS, id -> sendAll());
    }
    clients.add(client);
    send(client);
  }

  private void remove(Client client) {
    if (clients.remove(client) && clients.isEmpty()) {
      vertx.cancelTimer(timer);
    }
  }

  private void sendAll() {
    for (Client client : List.copyOf(clients)) {
      if (admin.isClosed()) {
        client.response.end();
      } else {
        send(client);
      }
    }
  }

  private void send(Client client) {
    if (client.response.closed() || client.response.writeQueueFull()) {
      return;
    }
    JsonObject status = admin.status(client.failover, client.change);
    client.failover = last(status.getJsonArray(FAILOVERS), client.failover);
    client.change = last(status.getJsonArray(CHANGES), client.change);
    client.response.write("event: status\ndata: " + status.encode() + "\n\n");
  }

  private static long last(JsonArray numbered, long before) {
    return numbered.isEmpty()
        ? before
        : numbered.getJsonObject(numbered.size() - 1).getLong("number");
  }
}
