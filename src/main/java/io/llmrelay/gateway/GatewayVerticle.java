package io.llmrelay.gateway;

import io.llmrelay.LlmRelay;
import io.llmrelay.config.GatewayOptions;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;

/**
 * OpenAI's chat-completions API in front of a relay.
 *
 * <ul>
 *   <li>{@code POST /v1/chat/completions}, {@code GET /v1/models}, {@code GET /v1/models/{id}}
 *   <li>{@code GET /health/live}, {@code /health/ready}, {@code /metrics}
 * </ul>
 *
 * <p>Several instances share one port.
 */
public final class GatewayVerticle extends VerticleBase {
  private static final int ACCEPT_BACKLOG = 4096;

  private final GatewayOptions options;
  private final LlmRelay relay;
  private HttpServer server;

  /**
   * A gateway to be deployed.
   *
   * @param relay who answers; stays the caller's to close
   */
  public GatewayVerticle(GatewayOptions options, LlmRelay relay) {
    this.options = options;
    this.relay = relay;
  }

  @Override
  public Future<?> start() {
    server = vertx.createHttpServer(serverOptions()).requestHandler(router());
    return server.listen(options.getPort(), options.getHost());
  }

  @Override
  public Future<?> stop() {
    return server == null ? Future.succeededFuture() : server.close();
  }

  /** The port it listens on, once deployed. */
  public int actualPort() {
    return server.actualPort();
  }

  /** Idle connections stay open: a stream may be silent for as long as the relay's timers allow. */
  private static HttpServerOptions serverOptions() {
    return new HttpServerOptions()
        .setIdleTimeout(0)
        .setTcpNoDelay(true)
        .setTcpKeepAlive(true)
        .setAcceptBacklog(ACCEPT_BACKLOG)
        .setPerFrameWebSocketCompressionSupported(false)
        .setPerMessageWebSocketCompressionSupported(false)
        .setHttp2ClearTextEnabled(false);
  }

  private Router router() {
    Router router = Router.router(vertx);
    ChatHandler chat = new ChatHandler(relay, options.getMaxBody());
    router.post("/v1/chat/completions").handler(chat);
    only("POST", router.route("/v1/chat/completions"));
    ModelsHandler models = new ModelsHandler(relay);
    get(router, "/v1/models", models::list);
    get(router, "/v1/models/*", models::one);
    StatusHandler status = new StatusHandler(relay);
    get(router, "/health/live", status::live);
    get(router, "/health/ready", status::ready);
    get(router, "/metrics", status::metrics);
    return router
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
