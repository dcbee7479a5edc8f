package io.llmrelay.gateway;

import io.llmrelay.Gateway;
import io.llmrelay.GatewayFactory;
import io.llmrelay.LlmRelay;
import io.llmrelay.RelayAdmin;
import io.llmrelay.cluster.Sharing;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.gateway.server.AccessControl;
import java.util.function.Function;

/** Creates {@link GatewayVerticle}s that share one {@link AccessControl}. */
public final class HttpGatewayFactory implements GatewayFactory {

  @Override
  public Function<LlmRelay, Gateway> create(
      GatewayOptions options, RelayAdmin admin, Sharing limits) {
    AccessControl access = new AccessControl(options, limits);
    return relay -> new GatewayVerticle(options, relay, access, admin);
  }
}
