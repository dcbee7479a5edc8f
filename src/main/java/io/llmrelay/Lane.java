package io.llmrelay;

import io.llmrelay.availability.Availability;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.failover.CoordinatorSettings;
import io.llmrelay.failover.CoordinatorVerticle;
import io.llmrelay.observe.impl.Listeners;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * An event loop with all verticles that serve a request: gateway, coordinator and providers. A
 * message between them is a task of the same event loop and wakes no other thread.
 *
 * <p>Each lane has its own addresses. The relay's public addresses are shared by all lanes, whose
 * coordinators receive the messages in turn. A request to a lane's gateway stays on that lane.
 */
final class Lane extends VerticleBase {
  /** The maximum number of provider groups of earlier configurations that still serve requests. */
  private static final int MAX_RETIRED = 8;

  /** The interval at which a draining lane checks whether it is idle. */
  private static final long DRAIN_CHECK_MS = 50;

  private final RelayOptions options;
  private final Listeners listeners;
  private final Availability availability;
  private final Function<LlmRelay, Gateway> gateways;
  private final int lanes;
  private final String address;
  private final Set<ProviderGroup> retired = new HashSet<>();
  private final Promise<Void> drained = Promise.promise();
  private ProviderGroup providers;
  private int groups;
  private CoordinatorVerticle coordinator;
  private LlmRelay relay;
  private Gateway gateway;

  /**
   * @param availability the state of the backends, shared by all lanes
   * @param gateways creates the lane's gateway; {@code null} for none
   * @param lanes the number of lanes
   */
  Lane(
      RelayOptions options,
      Listeners listeners,
      Availability availability,
      Function<LlmRelay, Gateway> gateways,
      int lanes) {
    this.options = options;
    this.listeners = listeners;
    this.availability = availability;
    this.gateways = gateways;
    this.lanes = lanes;
    address = options.getBus().getPrefix() + ".lane." + UUID.randomUUID();
  }

  /** Returns the prefix of the addresses of the next group of provider verticles. */
  String nextAddress() {
    return address + "." + groups;
  }

  /** Returns the gateway; {@code null} without one. Valid once deployed. */
  Gateway gateway() {
    return gateway;
  }

  @Override
  public Future<?> start() {
    providers = createProviders(options);
    coordinator = new CoordinatorVerticle(settings(providers, options), listeners, availability);
    return providers
        .start()
        .compose(started -> ProviderGroup.start(coordinator, context))
        .compose(started -> startGateway())
        .recover(error -> stop().transform(stopped -> Future.failedFuture(error)));
  }

  private ProviderGroup createProviders(RelayOptions of) {
    String prefix = nextAddress();
    groups++;
    return new ProviderGroup(context, prefix, lanes, of);
  }

  private CoordinatorSettings settings(ProviderGroup group, RelayOptions of) {
    return OptionsMapper.coordinator(address, group.address(), of);
  }

  private Future<?> startGateway() {
    if (gateways == null) {
      return Future.succeededFuture();
    }
    relay = new RelayClient(vertx, address, RelayClient.settings(options.getBus()), true);
    gateway = gateways.apply(relay);
    return ProviderGroup.start(gateway, context);
  }

  /**
   * Starts provider verticles for other options, beside the active ones. May be called from any
   * thread.
   *
   * @return the group, for {@link #activate} or {@link #discard}
   */
  Future<ProviderGroup> prepare(RelayOptions next) {
    return onContext(
        () -> {
          if (retired.size() >= MAX_RETIRED) {
            return Future.failedFuture(
                Failure.of(
                        FailureKind.OVERLOADED,
                        "requests of %d earlier configurations are still running"
                            .formatted(retired.size()))
                    .toException());
          }
          ProviderGroup group = createProviders(next);
          return group.start().map(group);
        });
  }

  /** Stops a prepared group that is not activated. May be called from any thread. */
  Future<?> discard(ProviderGroup group) {
    return onContext(group::stop);
  }

  /**
   * Serves new requests with a prepared group. The previous group stops when its last request has
   * ended. May be called from any thread.
   */
  Future<Void> activate(ProviderGroup group, RelayOptions next, Listeners nextListeners) {
    return onContext(
        () -> {
          ProviderGroup previous = providers;
          providers = group;
          retired.add(previous);
          previous.leave();
          coordinator.reload(settings(group, next), nextListeners, () -> stopWhenIdle(previous));
          return Future.succeededFuture();
        });
  }

  /** Stops a group that this lane no longer uses, once it serves no other node either. */
  private void stopWhenIdle(ProviderGroup group) {
    if (!group.isIdle()) {
      vertx.setTimer(DRAIN_CHECK_MS, id -> stopWhenIdle(group));
    } else if (retired.remove(group)) {
      group.stop();
    }
  }

  /**
   * Unregisters the public addresses and refuses new requests. Completes when all requests in
   * flight have ended and their responses are sent. May be called from any thread.
   */
  Future<Void> drain() {
    context.runOnContext(
        v -> {
          if (gateway != null) {
            gateway.drain();
          }
          Future.join(providers.leave(), coordinator.drain()).onComplete(left -> completeIfIdle());
        });
    return drained.future();
  }

  private void completeIfIdle() {
    if (coordinator.isIdle() && providers.isIdle() && (gateway == null || gateway.isIdle())) {
      drained.tryComplete();
    } else {
      vertx.setTimer(DRAIN_CHECK_MS, id -> completeIfIdle());
    }
  }

  private <T> Future<T> onContext(Supplier<Future<T>> action) {
    Promise<T> done = Promise.promise();
    context.runOnContext(
        v -> Future.succeededFuture().compose(go -> action.get()).onComplete(done));
    return done.future();
  }

  /**
   * Stops the coordinator first, which ends every stream with the reason; the gateway passes it on.
   * If a provider verticle stopped before, the coordinator would fail over to the next one.
   */
  @Override
  public Future<?> stop() {
    drained.tryComplete();
    Set<ProviderGroup> all = new HashSet<>(retired);
    all.add(providers);
    return ProviderGroup.stop(coordinator, context)
        .eventually(() -> Future.join(all.stream().map(ProviderGroup::stop).toList()))
        .eventually(
            () -> gateway == null ? Future.succeededFuture() : ProviderGroup.stop(gateway, context))
        .eventually(() -> relay == null ? Future.succeededFuture() : relay.close());
  }
}
