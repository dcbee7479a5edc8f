package io.llmrelay;

import io.llmrelay.availability.Availability;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.failover.CoordinatorVerticle;
import io.llmrelay.gateway.GatewayVerticle;
import io.llmrelay.gateway.server.AccessControl;
import io.llmrelay.observe.Listeners;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.json.JsonObject;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Everything that serves a request, on one event loop: gateway, coordinator and provider verticles.
 * A hop on the event bus is a task of the same loop here and wakes no other thread.
 *
 * <p>Each lane has addresses of its own beside the relay's public ones, which all lanes serve in
 * turn. What comes in through a lane's gateway stays on that lane.
 */
final class Lane extends VerticleBase {
  /** Crews that may still be busy with requests of a configuration before. */
  private static final int MAX_RETIRED = 8;

  /** How often a lane that ends looks whether everything is done. */
  private static final long DRAIN_LOOK_MS = 50;

  private final RelayOptions options;
  private final Listeners listeners;
  private final AccessControl admission;
  private final Availability availability;
  private final Supplier<Future<JsonObject>> reload;
  private final int lanes;
  private final String address;
  private final Set<Crew> retired = new HashSet<>();
  private final Promise<Void> drained = Promise.promise();
  private Crew crew;
  private int crews;
  private CoordinatorVerticle coordinator;
  private LlmRelay relay;
  private GatewayVerticle gateway;

  /**
   * A lane to be deployed.
   *
   * @param admission who may come in through the gateways of all lanes, {@code null} without any
   * @param availability what is known of the backends, shared by all lanes
   * @param reload what the gateway does to read the configuration again
   * @param lanes how many there are
   */
  Lane(
      RelayOptions options,
      Listeners listeners,
      AccessControl admission,
      Availability availability,
      Supplier<Future<JsonObject>> reload,
      int lanes) {
    this.options = options;
    this.listeners = listeners;
    this.admission = admission;
    this.availability = availability;
    this.reload = reload;
    this.lanes = lanes;
    address = options.getBus().getPrefix() + ".lane." + UUID.randomUUID();
  }

  /** What the addresses of the next crew start with. */
  String crewAddress() {
    return address + "." + crews;
  }

  /** Its gateway, once deployed; {@code null} without one. */
  GatewayVerticle gateway() {
    return gateway;
  }

  @Override
  public Future<?> start() {
    crew = crew(options);
    coordinator = new CoordinatorVerticle(crew.settings(address, options), listeners, availability);
    return crew.start()
        .compose(started -> Crew.start(coordinator, context))
        .compose(started -> startGateway(options.getGateway()))
        .recover(error -> stop().transform(stopped -> Future.failedFuture(error)));
  }

  private Crew crew(RelayOptions of) {
    String at = crewAddress();
    crews++;
    return new Crew(context, at, lanes, of);
  }

  private Future<?> startGateway(GatewayOptions gatewayOptions) {
    if (gatewayOptions == null) {
      return Future.succeededFuture();
    }
    relay = new RelayClient(vertx, address, options.getBus().toSettings(), true);
    gateway = new GatewayVerticle(gatewayOptions, relay, admission, reload);
    return Crew.start(gateway, context);
  }

  /**
   * Starts a crew for other options, beside the one that serves. May be called on any context.
   *
   * @return the crew, for {@link #take} or {@link #dismiss}
   */
  Future<Crew> prepare(RelayOptions next) {
    return here(
        () -> {
          if (retired.size() >= MAX_RETIRED) {
            return Future.failedFuture(
                Failure.of(
                        FailureKind.OVERLOADED,
                        "requests of %d configurations before are still running"
                            .formatted(retired.size()))
                    .toException());
          }
          Crew another = crew(next);
          return another.start().map(another);
        });
  }

  /** Stops a crew that was not needed. May be called on any context. */
  Future<?> dismiss(Crew another) {
    return here(another::stop);
  }

  /**
   * Serves the requests that begin from now on by this crew. The other one goes when its last
   * request is over. May be called on any context.
   */
  Future<Void> take(Crew next, RelayOptions to, Listeners tell) {
    return here(
        () -> {
          Crew before = crew;
          crew = next;
          retired.add(before);
          coordinator.reload(
              next.settings(address, to),
              tell,
              () -> {
                retired.remove(before);
                before.stop();
              });
          return Future.succeededFuture();
        });
  }

  /**
   * Leaves the public addresses and takes no new request; completes when those that run are over
   * and their answers are sent. May be called on any context.
   */
  Future<Void> drain() {
    context.runOnContext(v -> coordinator.drain().onComplete(left -> lookIfIdle()));
    return drained.future();
  }

  private void lookIfIdle() {
    if (coordinator.isIdle() && (gateway == null || gateway.isIdle())) {
      drained.tryComplete();
    } else {
      vertx.setTimer(DRAIN_LOOK_MS, id -> lookIfIdle());
    }
  }

  private <T> Future<T> here(Supplier<Future<T>> action) {
    Promise<T> done = Promise.promise();
    context.runOnContext(
        v -> Future.succeededFuture().compose(go -> action.get()).onComplete(done));
    return done.future();
  }

  /**
   * The coordinator stops first: it tells every stream why, and the gateway passes that on. A
   * backend that went before it would make it turn to the next one.
   */
  @Override
  public Future<?> stop() {
    drained.tryComplete();
    Set<Crew> all = new HashSet<>(retired);
    all.add(crew);
    return Crew.stop(coordinator, context)
        .eventually(() -> Future.join(all.stream().map(Crew::stop).toList()))
        .eventually(() -> gateway == null ? Future.succeededFuture() : Crew.stop(gateway, context))
        .eventually(() -> relay == null ? Future.succeededFuture() : relay.close());
  }
}
