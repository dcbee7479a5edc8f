package io.llmrelay.gateway;

import io.llmrelay.Gateway;
import io.llmrelay.GatewayFactory;
import io.llmrelay.LlmRelay;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.gateway.server.AccessControl;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.function.Function;
import java.util.function.Supplier;

/** Creates {@link GatewayVerticle}s that share one {@link AccessControl}. */
public final class HttpGatewayFactory implements GatewayFactory {

  @Override
  public Function<LlmRelay, Gateway> create(
      GatewayOptions options, Supplier<Future<JsonObject>> reload) {
    AccessControl access = new AccessControl(options);
    return relay -> new GatewayVerticle(options, relay, access, reload);
  }
}
