package io.llmrelay.gateway;

import io.llmrelay.Gateway;
import io.llmrelay.LlmRelay;
import io.llmrelay.RelayAdmin;
import io.llmrelay.config.AdminOptions;
import io.llmrelay.config.ConfigException;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.gateway.server.AccessControl;
import io.llmrelay.gateway.server.AuthHandler;
import io.llmrelay.gateway.server.Connections;
import io.llmrelay.gateway.server.HostCheck;
import io.llmrelay.gateway.server.OpenStreams;
import io.llmrelay.gateway.server.OperatorAuth;
import io.llmrelay.gateway.server.Quota;
import io.llmrelay.gateway.server.Servers;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import java.util.List;

/**
 * Serves a relay over HTTP as OpenAI's chat completions API.
 *
 * <ul>
 *   <li>{@code POST /v1/chat/completions}, {@code /v1/completions}, {@code /v1/embeddings}, {@code
 *       GET /v1/models}, {@code GET /v1/models/{id}}
 *   <li>{@code GET /health/live}, {@code /health/ready}
 *   <li>for operators {@code GET /metrics}, {@code /health/ready} with every backend, the status
 *       page at {@code /} and the endpoints under {@code /admin}: at the admin address if one is
 *       configured; else beside the API if it listens on a loopback address and requires no keys;
 *       else nowhere
 * </ul>
 *
 * <p>Several instances share one port, and must share one {@link AccessControl}.
 */
public final class GatewayVerticle extends VerticleBase implements Gateway {
  /** The most admin connections; separate, so that a full API does not lock operators out. */
  private static final int MAX_ADMIN_CONNECTIONS = 100;

  /** The most milliseconds that streams get for their error events before the server is closed. */
  private static final long MAX_ABORT_MS = 500;

  private final GatewayOptions options;
  private final LlmRelay relay;
  private final AccessControl access;
  private final RelayAdmin relayAdmin;
  private Connections connections;
  private OpenStreams streams;
  private HostCheck hosts;
  private HostCheck adminHosts;
  private int maxBodyBytes;
  private final OperatorAuth operators;
  private HttpServer server;
  private HttpServer admin;

  /** Creates a single instance without a configuration to reload. */
  public GatewayVerticle(GatewayOptions options, LlmRelay relay) {
    this(options, relay, new AccessControl(options), null);
  }

  /**
   * @param relay serves the requests; the caller closes it
   * @param access the keys and limits; shared by all instances
   * @param admin what operators see of the relay and do to it; {@code null} if the relay is not in
   *     this process
   */
  public GatewayVerticle(
      GatewayOptions options, LlmRelay relay, AccessControl access, RelayAdmin admin) {
    this.options = new GatewayOptions(options);
    this.relay = relay;
    this.access = access;
    this.relayAdmin = admin;
    operators = new OperatorAuth(this.options.getAdmin());
    maxBodyBytes = options.getMaxBody();
  }

  @Override
  public Future<?> start() {
    connections = createConnections(access.connections());
    streams =
        new OpenStreams(
            vertx, options.getHeartbeat().toMillis(), options.getWriteIdleTimeout().toMillis());
    updateHostChecks(options);
    Routes routes = new Routes(vertx, relay, relayAdmin, operators, streams, () -> maxBodyBytes);
    server =
        Servers.create(
            vertx, Servers.options(options), apiHandler(routes), routes::sendError, connections);
    return server
        .listen(options.getPort(), options.getHost())
        .compose(
            open -> options.getAdmin() == null ? Future.succeededFuture() : startAdmin(routes));
  }

  private Connections createConnections(Quota quota) {
    return new Connections(
        vertx,
        quota,
        options.getIdleTimeout().toMillis(),
        options.getWriteIdleTimeout().toMillis());
  }

  /**
   * Returns the handler of the API. The operators' endpoints are part of it only while no keys are
   * configured: callers' keys do not authorize operators, and a reload may add keys.
   */
  private Handler<HttpServerRequest> apiHandler(Routes routes) {
    AuthHandler auth = new AuthHandler(access, connections, () -> hosts, true);
    Router withoutAdmin = routes.api(auth, false);
    if (options.getAdmin() != null || !options.isLocal()) {
      return withoutAdmin;
    }
    Router withAdmin = routes.api(auth, true);
    return request -> (access.isAnonymous() ? withAdmin : withoutAdmin).handle(request);
  }

  private void updateHostChecks(GatewayOptions next) {
    hosts = new HostCheck(options.getHost(), next.getHosts());
    if (options.getAdmin() != null) {
      adminHosts = new HostCheck(options.getAdmin().getHost(), next.getHosts());
    }
  }

  private Future<?> startAdmin(Routes routes) {
    AdminOptions address = options.getAdmin();
    Connections adminConnections = createConnections(new Quota(MAX_ADMIN_CONNECTIONS));
    Router router =
        routes.admin(new AuthHandler(access, adminConnections, () -> adminHosts, false));
    admin = Servers.create(vertx, Servers.options(), router, routes::sendError, adminConnections);
    return admin
        .listen(address.getPort(), address.getHost())
        .recover(
            error ->
                Future.failedFuture(
                    new ConfigException(
                        List.of(
                            "gateway.admin: cannot listen at %s:%d: %s"
                                .formatted(
                                    address.getHost(), address.getPort(), error.getMessage())))));
  }

  @Override
  public Future<?> stop() {
    // Streams that fail now are to be reset: clients may take a closed connection for their end.
    return streams
        .awaitNone(MAX_ABORT_MS)
        .eventually(() -> close(server))
        .eventually(() -> close(admin));
  }

  private static Future<?> close(HttpServer server) {
    return server == null ? Future.succeededFuture() : server.close();
  }

  @Override
  public void drain() {
    connections.drain();
  }

  @Override
  public boolean isIdle() {
    return connections.allIdle();
  }

  @Override
  public int actualPort() {
    return server.actualPort();
  }

  @Override
  public int actualAdminPort() {
    return admin == null ? -1 : admin.actualPort();
  }

  /**
   * {@inheritDoc}
   *
   * <p>Reads the TLS files again; if they are unusable, nothing is changed.
   */
  @Override
  public Future<List<String>> reload(GatewayOptions next) {
    Promise<List<String>> done = Promise.promise();
    context.runOnContext(
        v -> {
          List<String> restart =
              ReloadCheck.restartKeys(options, next, !access.isAnonymous(), operators.hasKey());
          updateTls(restart)
              .map(
                  updated -> {
                    apply(next, restart);
                    return restart;
                  })
              .onComplete(done);
        });
    return done.future();
  }

  private Future<?> updateTls(List<String> restart) {
    boolean sameFiles = options.getTls() != null && !restart.contains(ReloadCheck.TLS);
    return sameFiles
        ? server.updateSSLOptions(Servers.tls(options.getTls()), true)
        : Future.succeededFuture();
  }

  private void apply(GatewayOptions next, List<String> restart) {
    if (!restart.contains(ReloadCheck.KEYS)) {
      access.update(next);
    }
    if (options.getAdmin() != null
        && next.getAdmin() != null
        && !restart.contains(ReloadCheck.ADMIN_KEY)) {
      operators.update(next.getAdmin());
    }
    maxBodyBytes = next.getMaxBody();
    long writeIdleMs = next.getWriteIdleTimeout().toMillis();
    connections.setTimeouts(next.getIdleTimeout().toMillis(), writeIdleMs);
    streams.update(next.getHeartbeat().toMillis(), writeIdleMs);
    updateHostChecks(next);
  }
}
