package io.llmrelay.gateway;

import io.llmrelay.LlmRelay;
import io.llmrelay.config.AdminOptions;
import io.llmrelay.config.ConfigException;
import io.llmrelay.config.GatewayOptions;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.util.List;
import java.util.function.Supplier;

/**
 * OpenAI's chat-completions API in front of a relay.
 *
 * <ul>
 *   <li>{@code POST /v1/chat/completions}, {@code GET /v1/models}, {@code GET /v1/models/{id}}
 *   <li>{@code GET /health/live}, {@code /health/ready}
 *   <li>for operators {@code GET /metrics}, {@code /health/ready} with every backend, and {@code
 *       POST /admin/reload}: at an address of their own if one is configured, else beside the API
 *       where only this machine reaches it and no keys are asked for
 * </ul>
 *
 * <p>Several instances share one port; they are to share one {@link Admission} too.
 */
public final class GatewayVerticle extends VerticleBase {
  /** Operators are few; that they get in does not depend on how many others are there. */
  private static final int MAX_ADMIN_CONNECTIONS = 100;

  private final GatewayOptions options;
  private final LlmRelay relay;
  private final Admission admission;
  private final Supplier<Future<JsonObject>> reload;
  private Connections connections;
  private OpenAnswers open;
  private HostCheck hosts;
  private HostCheck adminHosts;
  private int maxBody;
  private HttpServer server;
  private HttpServer admin;

  /** A gateway that is alone, and has nothing to reload. */
  public GatewayVerticle(GatewayOptions options, LlmRelay relay) {
    this(options, relay, new Admission(options), null);
  }

  /**
   * A gateway to be deployed.
   *
   * @param relay who answers; stays the caller's to close
   * @param admission who may come in; one for all instances
   * @param reload reads the configuration again and tells what came of it, or fails with a {@link
   *     ConfigException}; called on the gateway's event loop. {@code null} where that is not
   *     possible
   */
  public GatewayVerticle(
      GatewayOptions options,
      LlmRelay relay,
      Admission admission,
      Supplier<Future<JsonObject>> reload) {
    this.options = new GatewayOptions(options);
    this.relay = relay;
    this.admission = admission;
    this.reload = reload;
    maxBody = options.getMaxBody();
  }

  @Override
  public Future<?> start() {
    connections =
        new Connections(
            vertx,
            admission.connections(),
            options.getIdleTimeout().toMillis(),
            options.getWriteIdleTimeout().toMillis());
    open =
        new OpenAnswers(
            vertx, options.getHeartbeat().toMillis(), options.getWriteIdleTimeout().toMillis());
    checkHosts(options);
    Routes routes = new Routes(vertx, relay, reload, open);
    server = Servers.create(vertx, Servers.options(options), api(routes), connections);
    return server
        .listen(options.getPort(), options.getHost())
        .compose(open -> options.getAdmin() == null ? Future.succeededFuture() : admin(routes));
  }

  /** The keys of callers are no keys of operators, and they may come with a reload. */
  private Handler<HttpServerRequest> api(Routes routes) {
    Door door = new Door(admission, connections, () -> hosts, true);
    Router callers = routes.api(door, () -> maxBody, false);
    if (options.getAdmin() != null || !options.isLocal()) {
      return callers;
    }
    Router everybody = routes.api(door, () -> maxBody, true);
    return request -> (admission.isOpen() ? everybody : callers).handle(request);
  }

  private void checkHosts(GatewayOptions names) {
    hosts = new HostCheck(options.getHost(), names.getHosts());
    if (options.getAdmin() != null) {
      adminHosts = new HostCheck(options.getAdmin().getHost(), names.getHosts());
    }
  }

  private Future<?> admin(Routes routes) {
    AdminOptions at = options.getAdmin();
    Bound few = new Bound(MAX_ADMIN_CONNECTIONS);
    Connections operators =
        new Connections(
            vertx,
            few,
            options.getIdleTimeout().toMillis(),
            options.getWriteIdleTimeout().toMillis());
    Router router = routes.operators(new Door(admission, operators, () -> adminHosts, false));
    admin = Servers.create(vertx, Servers.options(), router, operators);
    return admin
        .listen(at.getPort(), at.getHost())
        .recover(
            error ->
                Future.failedFuture(
                    new ConfigException(
                        List.of(
                            "gateway.admin: cannot listen at %s:%d: %s"
                                .formatted(at.getHost(), at.getPort(), error.getMessage())))));
  }

  @Override
  public Future<?> stop() {
    return close(server).eventually(() -> close(admin));
  }

  private static Future<?> close(HttpServer open) {
    return open == null ? Future.succeededFuture() : open.close();
  }

  /** Whether every answer is sent. To be called on the gateway's context. */
  public boolean isIdle() {
    return connections.areIdle();
  }

  /** The port it listens on, once deployed. */
  public int actualPort() {
    return server.actualPort();
  }

  /** The port operators' endpoints are at, once deployed; -1 where they have none of their own. */
  public int actualAdminPort() {
    return admin == null ? -1 : admin.actualPort();
  }

  /**
   * Takes over other keys, limits, sizes and timeouts, for requests that come from now on, and
   * reads the TLS files again; TLS files that cannot be used change nothing. May be called from any
   * thread, and has to be called for every instance.
   *
   * @param next checked options
   * @return the keys of the settings that differ and take a restart
   */
  public Future<List<String>> reload(GatewayOptions next) {
    Promise<List<String>> done = Promise.promise();
    context.runOnContext(
        v -> {
          List<String> restart = Restart.needed(options, next, !admission.isOpen());
          boolean sameTls = options.getTls() != null && !restart.contains(Restart.TLS);
          Future<?> certified =
              sameTls
                  ? server.updateSSLOptions(Servers.tls(options.getTls()), true)
                  : Future.succeededFuture();
          certified
              .map(
                  certain -> {
                    if (!restart.contains(Restart.KEYS)) {
                      admission.update(next);
                    }
                    maxBody = next.getMaxBody();
                    long writeIdleMs = next.getWriteIdleTimeout().toMillis();
                    connections.idle(next.getIdleTimeout().toMillis(), writeIdleMs);
                    open.update(next.getHeartbeat().toMillis(), writeIdleMs);
                    checkHosts(next);
                    return restart;
                  })
              .onComplete(done);
        });
    return done.future();
  }
}
