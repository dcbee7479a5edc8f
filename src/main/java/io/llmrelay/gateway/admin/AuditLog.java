package io.llmrelay.gateway.admin;

import io.llmrelay.gateway.server.RequestIds;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.UUID;

/** Logs what operators do, under the name {@code io.llmrelay.audit}. */
final class AuditLog {
  private static final Logger LOG = System.getLogger("io.llmrelay.audit");

  private AuditLog() {}

  /**
   * Logs an action.
   *
   * @param action such as {@code open-circuit primary}; must not contain caller input that is not
   *     checked
   * @param result what became of it
   */
  static void write(RoutingContext ctx, String action, String result) {
    LOG.log(
        Level.INFO,
        "operator at {0}: {1}: {2} (request {3})",
        ctx.request().remoteAddress().hostAddress(),
        action,
        result,
        requestId(ctx.response()));
  }

  /** Returns the id of the response, which has none yet unless the caller sent one. */
  private static String requestId(HttpServerResponse response) {
    String id = response.headers().get(RequestIds.HEADER);
    if (id == null) {
      id = "operator-" + UUID.randomUUID();
      response.putHeader(RequestIds.HEADER, id);
    }
    return id;
  }
}
