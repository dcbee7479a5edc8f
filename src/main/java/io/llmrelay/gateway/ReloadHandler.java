package io.llmrelay.gateway;

import io.llmrelay.gateway.server.GatewayError;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Supplier;

/** Serves {@code POST /admin/reload}: reloads the configuration and sends the result. */
final class ReloadHandler implements Handler<RoutingContext> {
  private final Supplier<Future<JsonObject>> reload;

  /**
   * @param reload reloads the configuration; {@code null} if there is none to reload
   */
  ReloadHandler(Supplier<Future<JsonObject>> reload) {
    this.reload = reload;
  }

  @Override
  public void handle(RoutingContext ctx) {
    if (reload == null) {
      ctx.fail(
          GatewayError.rejected(404, "no_reload", "this relay has no configuration to reload"));
      return;
    }
    Future.succeededFuture()
        .compose(start -> reload.get())
        .onSuccess(ctx::json)
        .onFailure(ctx::fail);
  }
}
