package io.llmrelay.gateway.admin;

import io.llmrelay.RelayAdmin;
import io.llmrelay.gateway.server.GatewayError;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;

/** Serves {@code POST /admin/reload}: reloads the configuration and sends the result. */
public final class ReloadHandler implements Handler<RoutingContext> {
  private final RelayAdmin admin;

  /**
   * @param admin reloads the configuration; {@code null} if the relay is not in this process
   */
  public ReloadHandler(RelayAdmin admin) {
    this.admin = admin;
  }

  @Override
  public void handle(RoutingContext ctx) {
    if (admin == null || !admin.isReloadable()) {
      ctx.fail(
          GatewayError.rejected(404, "no_reload", "this relay has no configuration to reload"));
      return;
    }
    Future.succeededFuture()
        .compose(start -> admin.reload())
        .onSuccess(
            result -> {
              AuditLog.write(ctx, "reload", "done");
              ctx.json(result);
            })
        .onFailure(
            error -> {
              AuditLog.write(ctx, "reload", "failed");
              ctx.fail(error);
            });
  }
}
