package io.llmrelay.gateway;

import io.llmrelay.LlmRelay;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * What is where. Everything is behind the guarded door but what is named before it, so that
 * something new, or somewhere unknown, is behind it too.
 */
final class Routes {
  private static final String CHAT = "/v1/chat/completions";

  private final Vertx vertx;
  private final LlmRelay relay;
  private final Supplier<Future<JsonObject>> reload;
  private final OpenAnswers open;

  Routes(Vertx vertx, LlmRelay relay, Supplier<Future<JsonObject>> reload, OpenAnswers open) {
    this.vertx = vertx;
    this.relay = relay;
    this.reload = reload;
    this.open = open;
  }

  /**
   * The public endpoints.
   *
   * @param maxBody bytes of a request, asked for each one
   * @param operatorsToo whether the operators' endpoints are among them
   */
  Router api(Door door, IntSupplier maxBody, boolean operatorsToo) {
    Router router = router();
    router.post(CHAT).handler(door::guarded).handler(new ChatHandler(relay, maxBody, open));
    if (operatorsToo) {
      addOperators(router, door);
    } else {
      addHealth(router, door, new StatusHandler(relay, false));
    }
    router.route().handler(door::guarded);
    only("POST", router.route(CHAT));
    ModelsHandler models = new ModelsHandler(relay);
    get(router, "/v1/models", models::list);
    get(router, "/v1/models/*", models::one);
    return router;
  }

  /** What only operators are told, and may do. */
  Router operators(Door door) {
    Router router = router();
    addOperators(router, door);
    router.route().handler(door::open);
    return router;
  }

  private void addOperators(Router router, Door door) {
    StatusHandler status = new StatusHandler(relay, true);
    addHealth(router, door, status);
    router.route("/metrics").handler(door::open).handler(door::noWebPage);
    get(router, "/metrics", status::metrics);
    router.route("/admin/reload").handler(door::open);
    router.post("/admin/reload").handler(door::noWebPage).handler(new ReloadHandler(reload));
    only("POST", router.route("/admin/reload"));
  }

  private static void addHealth(Router router, Door door, StatusHandler status) {
    router.route("/health/live").handler(door::open);
    get(router, "/health/live", status::live);
    router.route("/health/ready").handler(door::open);
    router
        .route("/health/ready")
        .handler(
            ctx -> {
              if (status.probes(ctx)) {
                door.noWebPage(ctx);
              } else {
                ctx.next();
              }
            });
    get(router, "/health/ready", status::ready);
  }

  private Router router() {
    return Router.router(vertx)
        .errorHandler(400, ctx -> ApiError.unreadableUrl().send(ctx.response()))
        .errorHandler(404, ctx -> ApiError.unknownRoute(ctx.request()).send(ctx.response()))
        .errorHandler(500, ctx -> ApiError.of(ctx.failure()).send(ctx.response()));
  }

  private static void get(Router router, String path, Handler<RoutingContext> handler) {
    router.route(path).method(HttpMethod.GET).method(HttpMethod.HEAD).handler(handler);
    only("GET, HEAD", router.route(path));
  }

  /** Vert.x Web leaves the Allow header out as soon as a 405 is to look like the other errors. */
  private static void only(String methods, Route others) {
    others.handler(
        ctx -> {
          ctx.response().putHeader(HttpHeaders.ALLOW, methods);
          ApiError.wrongMethod(ctx.request()).send(ctx.response());
        });
  }
}
