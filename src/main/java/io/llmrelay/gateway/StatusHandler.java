package io.llmrelay.gateway;

import io.llmrelay.LlmRelay;
import io.llmrelay.chat.LlmException;
import io.llmrelay.gateway.server.GatewayError;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;

/** Serves liveness, readiness and metrics. */
final class StatusHandler {
  private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";

  /** The format that has exemplars; scrapers name it in {@code Accept}. */
  private static final String OPEN_METRICS =
      "application/openmetrics-text; version=1.0.0; charset=utf-8";

  private final LlmRelay relay;
  private final boolean detailed;

  /**
   * @param detailed whether readiness includes every backend, probes them for {@code ?probe=true}
   *     and, for {@code ?cluster=true}, includes the health of all nodes
   */
  StatusHandler(LlmRelay relay, boolean detailed) {
    this.relay = relay;
    this.detailed = detailed;
  }

  /** Sends 200 as long as the process serves requests. */
  void live(RoutingContext ctx) {
    ctx.json(new JsonObject().put("status", "up"));
  }

  /** Returns whether the request makes the relay probe its backends. */
  boolean isProbe(RoutingContext ctx) {
    return detailed && "true".equals(ctx.request().getParam("probe"));
  }

  /** Sends 200 if a backend is available; 503 if none is, or if the relay does not answer. */
  void ready(RoutingContext ctx) {
    boolean cluster = detailed && "true".equals(ctx.request().getParam("cluster"));
    relay
        .health(isProbe(ctx))
        .compose(
            health ->
                cluster
                    ? relay.clusterHealth().map(nodes -> health.put("cluster", nodes))
                    : Future.succeededFuture(health))
        .otherwise(
            error ->
                new JsonObject()
                    .put("status", "down")
                    .put("reason", LlmException.failureOf(error).kind().code()))
        .onSuccess(
            health -> {
              String status = health.getString("status");
              ctx.response().setStatusCode("down".equals(status) ? 503 : 200);
              ctx.json(detailed ? health : new JsonObject().put("status", status));
            });
  }

  /** Sends the meters of the application's Prometheus registry, scraped on a worker thread. */
  void metrics(RoutingContext ctx) {
    String accept = ctx.request().getHeader(HttpHeaders.ACCEPT);
    String contentType =
        accept != null && accept.contains("application/openmetrics-text") ? OPEN_METRICS : TEXT;
    ctx.vertx()
        .executeBlocking(() -> scrape(contentType), false)
        .onSuccess(
            text -> {
              if (text == null) {
                ctx.fail(
                    GatewayError.rejected(
                        404, "no_metrics", "this relay runs without Prometheus metrics"));
              } else {
                ctx.response().putHeader(HttpHeaders.CONTENT_TYPE, contentType).end(text);
              }
            })
        .onFailure(ctx::fail);
  }

  /** Scrapes the meters; returns {@code null} without Micrometer, an optional dependency. */
  private static String scrape(String contentType) {
    try {
      return PrometheusScraper.scrape(contentType);
    } catch (LinkageError missing) {
      return null;
    }
  }
}
