package io.llmrelay.gateway.admin;

import io.llmrelay.RelayAdmin;
import io.llmrelay.RelayAdmin.Action;
import io.llmrelay.gateway.server.GatewayError;
import io.vertx.core.Handler;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;

/**
 * Serves {@code POST /admin/backends/{name}/{action}}, with {@code ?model=} for one model: applies
 * an {@link Action} and sends {@code {"backend", "model", "action", "changed"}}.
 */
public final class ActionHandler implements Handler<RoutingContext> {
  private static final int MAX_MODEL_LENGTH = 200;

  private final RelayAdmin admin;

  public ActionHandler(RelayAdmin admin) {
    this.admin = admin;
  }

  @Override
  public void handle(RoutingContext ctx) {
    String backend = ctx.pathParam("name");
    String model = ctx.request().getParam("model");
    Action action = action(ctx.pathParam("action"));
    if (action == null) {
      ctx.fail(GatewayError.unknownUrl(ctx.request()));
      return;
    }
    if (model != null && !isPlain(model)) {
      ctx.fail(GatewayError.rejected(400, "invalid_model", "model is not the id of a model"));
      return;
    }
    Boolean changed = admin.apply(action, backend, model);
    if (changed == null) {
      String message =
          "there is no backend " + GatewayError.abbreviate(backend) + " in the configuration";
      ctx.fail(GatewayError.rejected(404, "unknown_backend", message));
      return;
    }
    String target = model == null ? backend : backend + "/" + model;
    AuditLog.write(ctx, action.code() + " " + target, changed ? "done" : "no change");
    ctx.json(
        new JsonObject()
            .put("backend", backend)
            .put("model", model)
            .put("action", action.code())
            .put("changed", changed));
  }

  private static Action action(String code) {
    for (Action action : Action.values()) {
      if (action.code().equals(code)) {
        return action;
      }
    }
    return null;
  }

  /** Returns whether a model's name has visible ASCII characters only, for the log. */
  private static boolean isPlain(String model) {
    return !model.isEmpty()
        && model.length() <= MAX_MODEL_LENGTH
        && model.chars().allMatch(c -> c > ' ' && c <= '~');
  }
}
