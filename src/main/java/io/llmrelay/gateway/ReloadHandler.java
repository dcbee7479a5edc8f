package io.llmrelay.gateway;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Supplier;

/** {@code POST /admin/reload}: has the configuration read again, and tells what came of it. */
final class ReloadHandler implements Handler<RoutingContext> {
  private final Supplier<Future<JsonObject>> reload;

  /**
   * A handler of that.
   *
   * @param reload {@code null} where there is nothing to be read again
   */
  ReloadHandler(Supplier<Future<JsonObject>> reload) {
    this.reload = reload;
  }

  @Override
  public void handle(RoutingContext ctx) {
    if (reload == null) {
      ApiError.noReload().send(ctx.response());
      return;
    }
    Future.succeededFuture()
        .compose(go -> reload.get())
        .onSuccess(ctx::json)
        .onFailure(error -> ApiError.of(error).send(ctx.response()));
  }
}
