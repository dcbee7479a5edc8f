package io.llmrelay;

import io.llmrelay.cluster.Sharing;
import io.llmrelay.config.GatewayOptions;
import java.util.ServiceLoader;
import java.util.function.Function;

/**
 * Creates the gateways of a relay. A {@link RelayVerticle} finds the implementation with {@link
 * ServiceLoader}, so that it depends on no server.
 */
public interface GatewayFactory {

  /**
   * Returns a function that creates the gateway of one lane, given a client of that lane. The
   * gateways share keys and limits.
   *
   * @param admin what operators see of the relay and do to it
   * @param limits what all nodes of a cluster keep to together
   */
  Function<LlmRelay, Gateway> create(GatewayOptions options, RelayAdmin admin, Sharing limits);

  /**
   * Returns the installed factory.
   *
   * @throws IllegalStateException if there is none
   */
  static GatewayFactory load() {
    return ServiceLoader.load(GatewayFactory.class, GatewayFactory.class.getClassLoader())
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no gateway is installed"));
  }
}
