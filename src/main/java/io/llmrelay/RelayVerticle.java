package io.llmrelay;

import io.llmrelay.availability.Availability;
import io.llmrelay.config.ConfigException;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.config.ReloadCheck;
import io.llmrelay.config.TracingOptions;
import io.llmrelay.failover.HealthProbes;
import io.llmrelay.observe.RelayListener;
import io.llmrelay.observe.impl.EventPublisher;
import io.llmrelay.observe.impl.Listeners;
import io.llmrelay.observe.impl.Metrics;
import io.llmrelay.observe.impl.RequestLog;
import io.vertx.core.CompositeFuture;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;

/**
 * The verticle of a relay. For each {@linkplain RelayOptions#getLanes lane} it deploys a provider
 * verticle for every backend, a coordinator and, if configured, the HTTP gateway, which requires
 * vertx-web. Once it is deployed, every {@link LlmRelay} on the event bus can use it.
 *
 * <pre>{@code
 * vertx.deployVerticle(new RelayVerticle(options)).map(id -> LlmRelay.create(vertx))
 * }</pre>
 *
 * <p>Without options it reads the deployment's JSON config, which has the form of a configuration
 * file. An invalid configuration fails the deployment with a {@link
 * io.llmrelay.config.ConfigException}.
 */
public class RelayVerticle extends VerticleBase {
  private final RelayOptions givenOptions;
  private final List<RelayListener> addedListeners = new ArrayList<>();
  private final List<Lane> lanes = new ArrayList<>();
  private Callable<RelayOptions> source;
  private RelayOptions startOptions;
  private RelayOptions options;
  private Function<LlmRelay, Gateway> gateways;
  private Availability availability;
  private HealthProbes probes;
  private volatile Operations operations;
  private int port;
  private int adminPort;
  private Future<?> reloading = Future.succeededFuture();

  /** Creates a relay with the options in its deployment's config. */
  public RelayVerticle() {
    this(null);
  }

  /** Creates a relay with these options. */
  public RelayVerticle(RelayOptions options) {
    givenOptions = options == null ? null : new RelayOptions(options);
  }

  /** Adds a listener, whose hooks observe requests and backends. Call it before the deployment. */
  public RelayVerticle addListener(RelayListener listener) {
    addedListeners.add(listener);
    return this;
  }

  /**
   * Sets the source from which {@link #reload()} reads the options. Must be called before the
   * deployment.
   *
   * @param source called on a worker thread; if it throws, the reload fails and changes nothing
   */
  public RelayVerticle setSource(Callable<RelayOptions> source) {
    this.source = source;
    return this;
  }

  /** Returns the port of the gateway; -1 without one. Valid once deployed. */
  public int gatewayPort() {
    Gateway gateway = lanes.isEmpty() ? null : lanes.get(0).gateway();
    return gateway == null ? -1 : gateway.actualPort();
  }

  /** Returns the port of the admin endpoints; -1 without them. Valid once deployed. */
  public int adminPort() {
    Gateway gateway = lanes.isEmpty() ? null : lanes.get(0).gateway();
    return gateway == null ? -1 : gateway.actualAdminPort();
  }

  @Override
  public Future<?> start() {
    // Reading key files would block the event loop.
    return vertx.executeBlocking(this::options).compose(this::deploy);
  }

  private RelayOptions options() {
    Map<String, String> env = System.getenv();
    return (givenOptions != null
            ? givenOptions
            : RelayOptions.fromConfig(config(), "deployment config", env))
        .resolved(env);
  }

  /** Deploys the first lane before the others, so that an error in the options is reported once. */
  private Future<?> deploy(RelayOptions resolved) {
    if (resolved.getCluster() != null && !vertx.isClustered()) {
      return Future.failedFuture(
          new ConfigException(
              List.of(
                  "cluster is for the runnable jar: an embedded relay takes part in the cluster of"
                      + " its Vert.x, and this Vert.x is not clustered")));
    }
    startOptions = resolved;
    options = resolved;
    int count = options.getLanes() == null ? 1 : options.getLanes();
    RelayOptions laneOptions = new RelayOptions(options);
    if (laneOptions.getGateway() != null) {
      port = sharedPort(laneOptions.getGateway().getPort());
      laneOptions.getGateway().setPort(port);
    }
    if (laneOptions.getGateway() != null && laneOptions.getGateway().getAdmin() != null) {
      adminPort = sharedPort(laneOptions.getGateway().getAdmin().getPort());
      laneOptions.getGateway().getAdmin().setPort(adminPort);
    }
    availability = new Availability(vertx);
    probes = new HealthProbes(vertx, availability);
    if (laneOptions.getGateway() != null) {
      operations =
          new Operations(
              vertx,
              options.getBus().getPrefix(),
              availability,
              probes,
              source == null ? null : this::reload);
      operations.configure(options);
      gateways =
          GatewayFactory.load()
              .create(laneOptions.getGateway(), operations, availability.sharedLimits());
    }
    Listeners listeners = createListeners(options);
    Lane lane = createLane(laneOptions, listeners, count);
    return availability
        .open(OptionsMapper.availability(lane.nextAddress(), options), listeners)
        .compose(open -> operations == null ? Future.succeededFuture() : operations.open(listeners))
        .compose(open -> vertx.deployVerticle(lane))
        .compose(
            first -> {
              List<Future<?>> others = new ArrayList<>();
              for (int i = 1; i < count; i++) {
                others.add(vertx.deployVerticle(createLane(laneOptions, listeners, count)));
              }
              return Future.join(others);
            })
        .onSuccess(
            deployed -> {
              availability.probeRefusedKeys();
              probes.configure(options.getBackends(), listeners);
            });
  }

  /**
   * Returns the port of all lanes. For 0 it is negative: Vert.x lets servers share such a free
   * port.
   */
  private static int sharedPort(int port) {
    return port == 0 ? -ThreadLocalRandom.current().nextInt(1, 1 << 30) : port;
  }

  private Lane createLane(RelayOptions laneOptions, Listeners listeners, int count) {
    Lane lane = new Lane(laneOptions, listeners, availability, gateways, count);
    lanes.add(lane);
    return lane;
  }

  /** Closes the availability. The lanes are child deployments and have stopped before. */
  @Override
  public Future<?> stop() {
    if (availability == null) {
      return Future.succeededFuture();
    }
    probes.close();
    return availability.close();
  }

  /**
   * Refuses new requests, so that the relay can be undeployed without interrupting an answer. First
   * it unregisters its public addresses on the event bus, so that other relays receive new
   * requests; its gateway reports that it is not ready. May be called from any thread.
   *
   * @return completes when all requests in flight have ended and their responses are sent
   */
  public Future<Void> drain() {
    if (operations != null) {
      operations.close();
    }
    return Future.join(lanes.stream().map(Lane::drain).toList()).mapEmpty();
  }

  /**
   * Reads the options from the source and applies them as {@link #reload(RelayOptions)} does. May
   * be called from any thread.
   */
  public Future<JsonObject> reload() {
    return source == null
        ? Future.failedFuture("this relay has no source of options to reload")
        : reloadFrom(source);
  }

  /**
   * Applies other options to new requests; requests in flight keep the options they began with. If
   * the options are invalid or cannot be applied, nothing is changed. May be called from any
   * thread.
   *
   * @return {@code {"status": "reloaded", "restart": [...]}}, with the keys of changed settings
   *     that take effect only after a restart; fails with a {@link
   *     io.llmrelay.config.ConfigException} for invalid options
   */
  public Future<JsonObject> reload(RelayOptions next) {
    RelayOptions copy = new RelayOptions(next);
    return reloadFrom(() -> copy);
  }

  /**
   * Queues a reload after the running one. Each reads its options when it starts, so the last wins.
   */
  private Future<JsonObject> reloadFrom(Callable<RelayOptions> options) {
    ContextInternal caller = (ContextInternal) vertx.getOrCreateContext();
    Promise<JsonObject> done = caller.promise();
    context.runOnContext(
        v -> {
          reloading =
              reloading
                  .otherwiseEmpty()
                  .compose(
                      before ->
                          vertx.executeBlocking(() -> options.call().resolved(System.getenv())))
                  .compose(this::activate);
          reloading.map(result -> (JsonObject) result).onComplete(done);
        });
    return done.future();
  }

  private Future<JsonObject> activate(RelayOptions next) {
    List<String> restart = ReloadCheck.restartKeys(startOptions, next);
    RelayOptions applicable = ReloadCheck.withoutRestart(startOptions, next);
    Set<String> unchanged = ReloadCheck.sameBackends(options, applicable);
    Listeners listeners = createListeners(applicable);
    List<Future<ProviderGroup>> groups =
        lanes.stream().map(lane -> lane.prepare(applicable)).toList();
    // The lanes complete on their own contexts; the availability must be configured on this one.
    Promise<CompositeFuture> prepared = ((ContextInternal) context).promise();
    Future.join(groups).onComplete(prepared);
    return prepared
        .future()
        .compose(ready -> reloadGateways(next, restart))
        .recover(
            error -> {
              discard(groups);
              return Future.failedFuture(error);
            })
        .compose(
            ready -> {
              String probed = groups.get(0).result().address();
              availability.configure(
                  OptionsMapper.availability(probed, applicable), listeners, unchanged);
              List<Future<?>> activated = new ArrayList<>();
              for (int i = 0; i < lanes.size(); i++) {
                activated.add(lanes.get(i).activate(groups.get(i).result(), applicable, listeners));
              }
              return Future.join(activated);
            })
        .map(
            done -> {
              options = applicable;
              probes.configure(options.getBackends(), listeners);
              if (operations != null) {
                operations.configure(applicable);
              }
              return new JsonObject().put("status", "reloaded").put("restart", restart);
            });
  }

  private void discard(List<Future<ProviderGroup>> groups) {
    for (int i = 0; i < groups.size(); i++) {
      if (groups.get(i).succeeded()) {
        lanes.get(i).discard(groups.get(i).result());
      }
    }
  }

  private Future<?> reloadGateways(RelayOptions next, List<String> restart) {
    if (gateways == null || next.getGateway() == null) {
      return Future.succeededFuture();
    }
    GatewayOptions to = new GatewayOptions(next.getGateway());
    if (to.getPort() == startOptions.getGateway().getPort()) {
      to.setPort(port);
    }
    boolean admin = to.getAdmin() != null && startOptions.getGateway().getAdmin() != null;
    if (admin && to.getAdmin().getPort() == startOptions.getGateway().getAdmin().getPort()) {
      to.getAdmin().setPort(adminPort);
    }
    return Future.join(lanes.stream().map(lane -> lane.gateway().reload(to)).toList())
        .onSuccess(
            all -> {
              List<String> more = all.resultAt(0);
              restart.addAll(more);
            });
  }

  private Listeners createListeners(RelayOptions options) {
    List<RelayListener> all = new ArrayList<>(addedListeners);
    boolean olderNames = options.getMetrics().isOlderNames();
    Metrics.ofDefaultRegistry(OptionsMapper.providers(options), olderNames).ifPresent(all::add);
    all.add(new RequestLog(Boolean.TRUE.equals(options.getLogging().getRequests())));
    if (operations != null) {
      all.add(operations.activity());
    }
    all.add(new EventPublisher(vertx, options.getBus().getPrefix()));
    TracingOptions tracing = options.getTracing();
    return new Listeners(all, tracing.isContent() ? tracing.getMaxContent() : 0);
  }
}
