package io.llmrelay;

import io.llmrelay.config.GatewayOptions;
import io.llmrelay.gateway.GatewayVerticle;
import io.llmrelay.observe.Listeners;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.UUID;

/**
 * Everything that serves a request, on one event loop: gateway, coordinator and provider verticles.
 * A hop on the event bus is a task of the same loop here and wakes no other thread.
 *
 * <p>Each lane has addresses of its own beside the relay's public ones, which all lanes serve in
 * turn. What comes in through a lane's gateway stays on that lane.
 */
final class Lane extends VerticleBase {
  private final RelayOptions options;
  private final Listeners listeners;
  private final int number;
  private final int lanes;
  private final String address;
  private Crew crew;
  private LlmRelay relay;
  private GatewayVerticle gateway;

  /**
   * A lane to be deployed.
   *
   * @param number from 0
   * @param lanes how many there are
   */
  Lane(RelayOptions options, Listeners listeners, int number, int lanes) {
    this.options = options;
    this.listeners = listeners;
    this.number = number;
    this.lanes = lanes;
    address = options.getBus().getPrefix() + ".lane." + UUID.randomUUID();
  }

  /** The port its gateway listens on, once deployed; -1 without a gateway. */
  int gatewayPort() {
    return gateway == null ? -1 : gateway.actualPort();
  }

  @Override
  public Future<?> start() {
    crew = new Crew(context, address, lanes, number == 0, options, listeners);
    return crew.start()
        .compose(started -> startGateway(options.getGateway()))
        .recover(error -> stop().transform(stopped -> Future.failedFuture(error)));
  }

  private Future<?> startGateway(GatewayOptions gatewayOptions) {
    if (gatewayOptions == null) {
      return Future.succeededFuture();
    }
    relay = LlmRelay.create(vertx, address, options.getBus().toSettings());
    gateway = new GatewayVerticle(gatewayOptions, relay);
    return Crew.start(gateway, context);
  }

  /** The crew stops first: it tells every stream why, and the gateway passes that on. */
  @Override
  public Future<?> stop() {
    return crew.stop()
        .eventually(() -> gateway == null ? Future.succeededFuture() : Crew.stop(gateway, context))
        .eventually(() -> relay == null ? Future.succeededFuture() : relay.close());
  }
}
