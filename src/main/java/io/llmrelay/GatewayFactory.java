package io.llmrelay;

import io.llmrelay.config.GatewayOptions;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.ServiceLoader;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Creates the gateways of a relay. A {@link RelayVerticle} finds the implementation with {@link
 * ServiceLoader}, so that it depends on no server.
 */
public interface GatewayFactory {

  /**
   * Returns a function that creates the gateway of one lane, given a client of that lane. The
   * gateways share keys and limits.
   *
   * @param reload reloads the relay's configuration and returns the result; called on the gateway's
   *     event loop. {@code null} if there is none to reload
   */
  Function<LlmRelay, Gateway> create(GatewayOptions options, Supplier<Future<JsonObject>> reload);

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
