package io.llmrelay.soak;

import io.llmrelay.LlmRelay;
import io.llmrelay.RelayVerticle;
import io.llmrelay.chat.Timeouts;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.CircuitOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;

/** A relay with a gateway and two backends, whose circuits stay closed whatever happens. */
final class RelayUnderTest {
  final RelayVerticle verticle;
  final LlmRelay client;
  private final Vertx vertx;
  private String deployment;

  private RelayUnderTest(Vertx vertx, RelayOptions options) {
    this.vertx = vertx;
    verticle = new RelayVerticle(options);
    client = LlmRelay.create(vertx);
  }

  /**
   * Deploys one.
   *
   * @param backends where they are, with a slash at the end
   * @param connections how many each of them may have
   * @param patience how long a silent backend is waited for
   */
  static Future<RelayUnderTest> deploy(
      Vertx vertx, String backends, int connections, Duration patience) {
    RelayOptions options =
        new RelayOptions()
            .setGateway(new GatewayOptions().setPort(0))
            .setCircuit(new CircuitOptions().setMaxFailures(1_000_000))
            .setTimeouts(
                new Timeouts(
                    Duration.ofSeconds(5), null, patience, patience, Duration.ofMinutes(60)))
            .addBackend("first", backend(backends + "first/v1", connections))
            .addBackend("second", backend(backends + "second/v1", connections));
    RelayUnderTest relay = new RelayUnderTest(vertx, options);
    return vertx
        .deployVerticle(relay.verticle)
        .map(
            id -> {
              relay.deployment = id;
              return relay;
            });
  }

  private static BackendOptions backend(String url, int connections) {
    return new BackendOptions()
        .setDialect("openai")
        .setBaseUrl(url)
        .setDefaultModel("mock-model")
        .setMaxConnections(connections);
  }

  Future<?> undeploy() {
    return client.close().compose(v -> vertx.undeploy(deployment));
  }
}
