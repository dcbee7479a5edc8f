package io.llmrelay.gateway;

import io.llmrelay.LlmRelay;
import io.llmrelay.RelayAdmin;
import io.llmrelay.config.RelaySchema;
import io.llmrelay.gateway.admin.ActionHandler;
import io.llmrelay.gateway.admin.PageHandler;
import io.llmrelay.gateway.admin.ReloadHandler;
import io.llmrelay.gateway.admin.StatusEvents;
import io.llmrelay.gateway.anthropic.AnthropicModels;
import io.llmrelay.gateway.anthropic.CountTokensHandler;
import io.llmrelay.gateway.anthropic.MessagesFront;
import io.llmrelay.gateway.front.ChatHandler;
import io.llmrelay.gateway.front.Front;
import io.llmrelay.gateway.front.ModelsHandler;
import io.llmrelay.gateway.openai.EmbeddingsHandler;
import io.llmrelay.gateway.openai.OpenAiFront;
import io.llmrelay.gateway.openai.OpenAiModels;
import io.llmrelay.gateway.openai.TextCompletionsFront;
import io.llmrelay.gateway.responses.ResponsesFront;
import io.llmrelay.gateway.server.AuthHandler;
import io.llmrelay.gateway.server.GatewayError;
import io.llmrelay.gateway.server.OpenStreams;
import io.llmrelay.gateway.server.OperatorAuth;
import io.llmrelay.gateway.server.RequestIds;
import io.llmrelay.gateway.server.RequestScope;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntSupplier;

/**
 * Maps paths to handlers, and errors to the front that renders them. Every route requires a key
 * unless registered before the guard, so a new route or an unknown path does too.
 */
final class Routes {
  private static final String EMBEDDINGS = "/v1/embeddings";
  private static final Front DEFAULT_FRONT = OpenAiFront.INSTANCE;

  /** The fronts by the path of their requests for answers. */
  private static final Map<String, Front> FRONTS =
      Map.of(
          "/v1/chat/completions",
          OpenAiFront.INSTANCE,
          "/v1/completions",
          TextCompletionsFront.INSTANCE,
          "/v1/messages",
          MessagesFront.INSTANCE,
          "/v1/responses",
          ResponsesFront.INSTANCE);

  private static final String SCHEMA = "/relay.schema.json";
  private static final String COUNT_TOKENS = "/v1/messages/count_tokens";

  private final Vertx vertx;
  private final LlmRelay relay;
  private final RelayAdmin relayAdmin;
  private final OperatorAuth operators;
  private final OpenStreams streams;
  private final IntSupplier maxBodyBytes;

  /**
   * @param relayAdmin what operators see and do; {@code null} if the relay is not in this process
   * @param maxBodyBytes supplies the current body limit
   */
  Routes(
      Vertx vertx,
      LlmRelay relay,
      RelayAdmin relayAdmin,
      OperatorAuth operators,
      OpenStreams streams,
      IntSupplier maxBodyBytes) {
    this.vertx = vertx;
    this.relay = relay;
    this.relayAdmin = relayAdmin;
    this.operators = operators;
    this.streams = streams;
    this.maxBodyBytes = maxBodyBytes;
  }

  /**
   * Returns a router for the API and health checks.
   *
   * @param withAdmin whether to include the operators' endpoints
   */
  Router api(AuthHandler auth, boolean withAdmin) {
    Router router = router();
    FRONTS.forEach(
        (path, front) ->
            router
                .post(path)
                .handler(auth::requireKey)
                .handler(new ChatHandler(front, relay, maxBodyBytes, streams)));
    router
        .post(COUNT_TOKENS)
        .handler(auth::requireKey)
        .handler(new CountTokensHandler(relay, maxBodyBytes));
    router
        .post(EMBEDDINGS)
        .handler(auth::requireKey)
        .handler(new EmbeddingsHandler(relay, maxBodyBytes, streams));
    if (withAdmin) {
      addAdmin(router, auth);
    } else {
      addHealth(router, auth, new StatusHandler(relay, false));
    }
    router.route().handler(auth::requireKey);
    FRONTS.keySet().forEach(path -> refuseOtherMethods("POST", router.route(path)));
    refuseOtherMethods("POST", router.route(COUNT_TOKENS));
    refuseOtherMethods("POST", router.route(EMBEDDINGS));
    addModels(router);
    return router;
  }

  /** Adds the lists of models, in the form that the client's headers ask for. */
  private void addModels(Router router) {
    ModelsHandler openAi = new ModelsHandler(relay, new OpenAiModels());
    ModelsHandler anthropic = new ModelsHandler(relay, new AnthropicModels());
    Function<RoutingContext, ModelsHandler> of =
        ctx -> speaksAnthropic(ctx.request()) ? anthropic : openAi;
    get(router, "/v1/models", ctx -> of.apply(ctx).list(ctx));
    get(router, "/v1/models/*", ctx -> of.apply(ctx).get(ctx));
  }

  /** Returns a router for the operators' endpoints alone. */
  Router admin(AuthHandler auth) {
    Router router = router();
    addAdmin(router, auth);
    router.route().handler(auth::checkHost);
    return router;
  }

  /** Sends an error in the format of the API that was requested; also that of unknown paths. */
  void sendError(HttpServerRequest request, Throwable error) {
    sendError(request, null, GatewayError.of(error));
  }

  private void sendError(RoutingContext ctx, Throwable error) {
    RequestScope scope = RequestScope.of(ctx);
    sendError(ctx.request(), scope == null ? null : scope.keyName(), GatewayError.of(error));
  }

  private void sendError(HttpServerRequest request, String key, GatewayError error) {
    HttpServerResponse response = request.response();
    boolean refused = !response.closed() && !response.headWritten();
    front(request).sendError(response, error);
    if (relayAdmin != null && refused && error.failure().requestId() == null) {
      String reason = error.code() == null ? error.failure().kind().code() : error.code();
      relayAdmin.refused(
          new RelayAdmin.Refusal(
              response.headers().get(RequestIds.HEADER),
              key,
              path(request),
              error.status(),
              reason,
              error.failure().field()));
    }
  }

  private static String path(HttpServerRequest request) {
    return request.path() == null ? "" : request.path();
  }

  /** Returns the front of a path, or of one below it. */
  private static Front front(HttpServerRequest request) {
    String path = path(request);
    for (Map.Entry<String, Front> front : FRONTS.entrySet()) {
      if (path.equals(front.getKey()) || path.startsWith(front.getKey() + "/")) {
        return front.getValue();
      }
    }
    return speaksAnthropic(request) ? MessagesFront.INSTANCE : DEFAULT_FRONT;
  }

  /** Returns whether a client sends what Anthropic's SDKs send with every request. */
  private static boolean speaksAnthropic(HttpServerRequest request) {
    return request.headers().contains("anthropic-version");
  }

  private void addAdmin(Router router, AuthHandler auth) {
    StatusHandler status = new StatusHandler(relay, true);
    addHealth(router, auth, status);
    router.route("/metrics").handler(auth::checkHost).handler(auth::refuseWebPages);
    get(router, "/metrics", status::metrics);
    router.route(SCHEMA).handler(auth::checkHost);
    get(router, SCHEMA, Routes::sendSchema);
    router.route("/admin/reload").handler(auth::checkHost);
    post(router, auth, "/admin/reload", operators::requireKey, new ReloadHandler(relayAdmin));
    if (relayAdmin != null) {
      addPage(router, auth);
    }
  }

  private static void sendSchema(RoutingContext ctx) {
    ctx.response()
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/schema+json")
        .end(RelaySchema.text());
  }

  /** Adds the status page, what it shows and what it does. */
  private void addPage(Router router, AuthHandler auth) {
    PageHandler.FILES.forEach(
        (path, file) -> {
          router.route(path).handler(auth::checkHost);
          get(router, path, new PageHandler(file));
        });
    StatusEvents events = new StatusEvents(vertx, relayAdmin);
    for (String path : List.of("/admin/status", "/admin/events")) {
      router.route(path).handler(auth::checkHost).handler(auth::refuseOtherOrigins);
    }
    get(router, "/admin/status", events::status);
    get(router, "/admin/events", events::events);
    router.route("/admin/backends/:name/:action").handler(auth::checkHost);
    post(
        router,
        auth,
        "/admin/backends/:name/:action",
        operators::requireOperator,
        new ActionHandler(relayAdmin));
    router.route("/admin/playground").handler(auth::checkHost);
    post(
        router,
        auth,
        "/admin/playground",
        operators::requireOperator,
        new ChatHandler(OpenAiFront.INSTANCE, relay, maxBodyBytes, streams));
  }

  private static void post(
      Router router,
      AuthHandler auth,
      String path,
      Handler<RoutingContext> guard,
      Handler<RoutingContext> handler) {
    router.post(path).handler(auth::refuseOtherOrigins).handler(guard).handler(handler);
    refuseOtherMethods("POST", router.route(path));
  }

  private static void addHealth(Router router, AuthHandler auth, StatusHandler status) {
    router.route("/health/live").handler(auth::checkHost);
    get(router, "/health/live", status::live);
    router.route("/health/ready").handler(auth::checkHost);
    router
        .route("/health/ready")
        .handler(
            ctx -> {
              if (status.isProbe(ctx)) {
                auth.refuseWebPages(ctx);
              } else {
                ctx.next();
              }
            });
    get(router, "/health/ready", status::ready);
  }

  private Router router() {
    return Router.router(vertx)
        .errorHandler(400, ctx -> sendError(ctx, GatewayError.invalidUrl()))
        .errorHandler(404, ctx -> sendError(ctx, GatewayError.unknownUrl(ctx.request())))
        .errorHandler(500, ctx -> sendError(ctx, ctx.failure()));
  }

  private static void get(Router router, String path, Handler<RoutingContext> handler) {
    router.route(path).method(HttpMethod.GET).method(HttpMethod.HEAD).handler(handler);
    refuseOtherMethods("GET, HEAD", router.route(path));
  }

  /** Refuses requests with 405; Vert.x Web omits the Allow header if a 405 has an error handler. */
  private static void refuseOtherMethods(String allowed, Route route) {
    route.handler(
        ctx -> {
          ctx.response().putHeader(HttpHeaders.ALLOW, allowed);
          ctx.fail(GatewayError.methodNotAllowed(ctx.request()));
        });
  }
}
