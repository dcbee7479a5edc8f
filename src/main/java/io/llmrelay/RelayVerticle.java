package io.llmrelay;

import io.llmrelay.availability.Availability;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.config.ReloadCheck;
import io.llmrelay.observe.EventPublisher;
import io.llmrelay.observe.Listeners;
import io.llmrelay.observe.Metrics;
import io.llmrelay.observe.RelayListener;
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
import java.util.function.Supplier;

/**
 * The one thing to deploy. It deploys the rest: a provider verticle for each backend, the
 * coordinator, and the HTTP gateway if one is configured (which needs vertx-web on the class path);
 * all of that once for each {@linkplain RelayOptions#getLanes lane}. From then on every {@link
 * LlmRelay} on the event bus can use it.
 *
 * <pre>{@code
 * vertx.deployVerticle(new RelayVerticle(options)).map(id -> LlmRelay.create(vertx))
 * }</pre>
 *
 * <p>Without options it takes the deployment's JSON config, in the form of the configuration file.
 * A wrong configuration fails the deployment with a {@link io.llmrelay.config.ConfigException}.
 */
public class RelayVerticle extends VerticleBase {
  private final RelayOptions given;
  private final List<RelayListener> hooks = new ArrayList<>();
  private final List<Lane> lanes = new ArrayList<>();
  private Callable<RelayOptions> source;
  private RelayOptions started;
  private RelayOptions options;
  private Function<LlmRelay, Gateway> gateways;
  private Availability availability;
  private int port;
  private int adminPort;
  private Future<?> reloading = Future.succeededFuture();

  /** A relay configured by its deployment's config. */
  public RelayVerticle() {
    this(null);
  }

  /** A relay with these options. */
  public RelayVerticle(RelayOptions options) {
    given = options == null ? null : new RelayOptions(options);
  }

  /** Adds a hook; before the deployment. */
  public RelayVerticle addListener(RelayListener listener) {
    hooks.add(listener);
    return this;
  }

  /**
   * Says where the options are to be read anew when an operator asks for it; before the deployment.
   *
   * @param source called on a worker thread; what it throws is why the old options stay
   */
  public RelayVerticle setSource(Callable<RelayOptions> source) {
    this.source = source;
    return this;
  }

  /** The port the gateway listens on, once deployed; -1 without a gateway. */
  public int gatewayPort() {
    Gateway gateway = lanes.isEmpty() ? null : lanes.get(0).gateway();
    return gateway == null ? -1 : gateway.actualPort();
  }

  /** The port of the operators' endpoints, once deployed; -1 where they have none of their own. */
  public int adminPort() {
    Gateway gateway = lanes.isEmpty() ? null : lanes.get(0).gateway();
    return gateway == null ? -1 : gateway.actualAdminPort();
  }

  @Override
  public Future<?> start() {
    // Files with keys are read here, so not on the event loop.
    return vertx.executeBlocking(this::options).compose(this::deploy);
  }

  private RelayOptions options() {
    Map<String, String> env = System.getenv();
    return (given != null ? given : RelayOptions.fromConfig(config(), "deployment config", env))
        .resolved(env);
  }

  /** The first lane alone: what is wrong with the options is said once. */
  private Future<?> deploy(RelayOptions resolved) {
    started = resolved;
    options = resolved;
    int count = options.getLanes() == null ? 1 : options.getLanes();
    RelayOptions each = new RelayOptions(options);
    if (each.getGateway() != null) {
      port = shared(each.getGateway().getPort());
      each.getGateway().setPort(port);
    }
    if (each.getGateway() != null && each.getGateway().getAdmin() != null) {
      adminPort = shared(each.getGateway().getAdmin().getPort());
      each.getGateway().getAdmin().setPort(adminPort);
    }
    if (each.getGateway() != null) {
      Supplier<Future<JsonObject>> reload = source == null ? null : this::reload;
      gateways = GatewayFactory.load().create(each.getGateway(), reload);
    }
    Listeners listeners = listeners(options);
    availability = new Availability(vertx);
    Lane lane = lane(each, listeners, count);
    return availability
        .open(OptionsMapper.availability(lane.nextAddress(), options), listeners)
        .compose(open -> vertx.deployVerticle(lane))
        .compose(
            first -> {
              List<Future<?>> others = new ArrayList<>();
              for (int i = 1; i < count; i++) {
                others.add(vertx.deployVerticle(lane(each, listeners, count)));
              }
              return Future.join(others);
            })
        .onSuccess(deployed -> availability.probeRefusedKeys());
  }

  /** To Vert.x, a port below 0 is a free one that all share who name the same number. */
  private static int shared(int port) {
    return port == 0 ? -ThreadLocalRandom.current().nextInt(1, 1 << 30) : port;
  }

  private Lane lane(RelayOptions of, Listeners listeners, int count) {
    Lane lane = new Lane(of, listeners, availability, gateways, count);
    lanes.add(lane);
    return lane;
  }

  /** The lanes are children of this deployment, and so have stopped already. */
  @Override
  public Future<?> stop() {
    return availability == null ? Future.succeededFuture() : availability.close();
  }

  /**
   * Takes no new request, so that the relay can be undeployed without cutting an answer off. It
   * leaves its public addresses on the event bus, for other relays there, and then refuses what
   * comes through its gateway, which says so in its health. May be called from any thread.
   *
   * @return completes when the requests that run are over and their answers are sent
   */
  public Future<Void> drain() {
    return Future.join(lanes.stream().map(Lane::drain).toList()).mapEmpty();
  }

  /**
   * Reads the options again, and takes them over as {@link #reload(RelayOptions)} does. May be
   * called from any thread.
   */
  public Future<JsonObject> reload() {
    return source == null
        ? Future.failedFuture("this relay does not know where to read its options again")
        : reloadFrom(source);
  }

  /**
   * Takes over other options, for the requests that begin from now on; those that run end under the
   * options they began with. Options that cannot be right, or cannot be taken over, change nothing.
   * May be called from any thread.
   *
   * @return {@code {"status": "reloaded", "restart": [...]}}, with the keys of the settings that
   *     differ and hold from the next start only; or fails with a {@link
   *     io.llmrelay.config.ConfigException}
   */
  public Future<JsonObject> reload(RelayOptions next) {
    RelayOptions copy = new RelayOptions(next);
    return reloadFrom(() -> copy);
  }

  /** One after the other, and read when it is its turn: the last to come is the one that holds. */
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
    List<String> restart = ReloadCheck.restartKeys(started, next);
    RelayOptions to = ReloadCheck.withoutRestart(started, next);
    Set<String> same = ReloadCheck.sameBackends(options, to);
    Listeners listeners = listeners(to);
    List<Future<ProviderGroup>> groups = lanes.stream().map(lane -> lane.prepare(to)).toList();
    // The lanes complete on their contexts; the availability is configured on this one.
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
              availability.configure(OptionsMapper.availability(probed, to), listeners, same);
              List<Future<?>> activated = new ArrayList<>();
              for (int i = 0; i < lanes.size(); i++) {
                activated.add(lanes.get(i).activate(groups.get(i).result(), to, listeners));
              }
              return Future.join(activated);
            })
        .map(
            done -> {
              options = to;
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
    if (to.getPort() == started.getGateway().getPort()) {
      to.setPort(port);
    }
    boolean admin = to.getAdmin() != null && started.getGateway().getAdmin() != null;
    if (admin && to.getAdmin().getPort() == started.getGateway().getAdmin().getPort()) {
      to.getAdmin().setPort(adminPort);
    }
    return Future.join(lanes.stream().map(lane -> lane.gateway().reload(to)).toList())
        .onSuccess(
            all -> {
              List<String> more = all.resultAt(0);
              restart.addAll(more);
            });
  }

  private Listeners listeners(RelayOptions options) {
    List<RelayListener> all = new ArrayList<>(hooks);
    Metrics.ofDefaultRegistry(OptionsMapper.providers(options)).ifPresent(all::add);
    all.add(new EventPublisher(vertx, options.getBus().getPrefix()));
    return new Listeners(all);
  }
}
