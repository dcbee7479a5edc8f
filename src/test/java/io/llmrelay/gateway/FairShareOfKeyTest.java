package io.llmrelay.gateway;

import io.llmrelay.config.ApiKeyOptions;
import io.llmrelay.config.BackendOptions;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** As {@link FairShareTest}, with the one connection of a backend's key. */
class FairShareOfKeyTest extends FairShareTest {
  @Override
  void limit(BackendOptions backend) {
    backend.setApiKeys(
        List.of(new ApiKeyOptions("sk-only-0123456789").setName("only").setMaxConnections(1)));
  }

  @Override
  int waiting(JsonObject health) {
    return health.getJsonObject("keys").getJsonObject("only").getInteger("waiting");
  }
}
