package io.llmrelay;

import io.llmrelay.config.GatewayOptions;
import io.vertx.core.Deployable;
import io.vertx.core.Future;
import java.util.List;

/**
 * A server through which clients outside the event bus use a relay. A {@link RelayVerticle} whose
 * options have a {@code gateway} deploys one on the event loop of each lane, and creates them by a
 * {@link GatewayFactory}.
 */
public interface Gateway extends Deployable {

  /** Returns the port of the API. Valid once deployed. */
  int actualPort();

  /** Returns the port of the admin address; -1 without one. Valid once deployed. */
  int actualAdminPort();

  /** Returns whether every response is sent. Must be called on the gateway's context. */
  boolean isIdle();

  /**
   * Asks each client to close its connection after the next response, because the relay shuts down.
   * Must be called on the gateway's context.
   */
  void drain();

  /**
   * Applies other options to new requests. Must be called for the gateway of every lane; may be
   * called from any thread.
   *
   * @param next checked options
   * @return the keys of the settings that differ and require a restart
   */
  Future<List<String>> reload(GatewayOptions next);
}
