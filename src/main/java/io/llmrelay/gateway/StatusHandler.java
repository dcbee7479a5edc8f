package io.llmrelay.gateway;

import io.llmrelay.LlmRelay;
import io.llmrelay.chat.LlmException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.Callable;

/** What operators ask: whether it lives, whether it can serve, and its meters. */
final class StatusHandler {
  private final LlmRelay relay;
  private final boolean detailed;

  /**
   * What is told of a relay.
   *
   * @param detailed whether readiness tells of each backend, and probes them for {@code
   *     ?probe=true}
   */
  StatusHandler(LlmRelay relay, boolean detailed) {
    this.relay = relay;
    this.detailed = detailed;
  }

  /** Lives, since it answers. */
  void live(RoutingContext ctx) {
    ctx.json(new JsonObject().put("status", "up"));
  }

  /** Whether this asks to ask each backend. */
  boolean probes(RoutingContext ctx) {
    return detailed && "true".equals(ctx.request().getParam("probe"));
  }

  /** Ready as long as some backend can be tried; 503 otherwise, and where the relay is silent. */
  void ready(RoutingContext ctx) {
    relay
        .health(probes(ctx))
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

  /** Prometheus meters where the application has them. Scraping takes a while: not here. */
  void metrics(RoutingContext ctx) {
    ctx.vertx()
        .executeBlocking((Callable<String>) StatusHandler::scrape, false)
        .onSuccess(
            text -> {
              if (text == null) {
                ApiError.noMetrics().send(ctx.response());
              } else {
                ctx.response()
                    .putHeader(HttpHeaders.CONTENT_TYPE, PrometheusPage.CONTENT_TYPE)
                    .end(text);
              }
            })
        .onFailure(error -> ApiError.of(error).send(ctx.response()));
  }

  /** Micrometer is an optional dependency: no class of it is touched but behind this check. */
  private static String scrape() {
    try {
      return PrometheusPage.scrape();
    } catch (LinkageError notThere) {
      return null;
    }
  }
}
