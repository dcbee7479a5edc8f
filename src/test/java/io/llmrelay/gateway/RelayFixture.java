package io.llmrelay.gateway;

import io.llmrelay.LlmRelay;
import io.llmrelay.RelayVerticle;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.Sandbox;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;

/** A gateway with a real relay and two sandbox backends. */
public abstract class RelayFixture extends HttpFixture {
  public static final String MODEL = "mock-model";

  public Sandbox sandbox;
  public String baseUrl;

  @BeforeEach
  public void start() {
    sandbox = Sandbox.start(vertx).await();
    RelayOptions options =
        new RelayOptions()
            .addBackend("primary", backend("openai", sandbox.backend("primary")))
            .addBackend("claude", backend("anthropic", sandbox.anthropicBackend("claude")))
            .addAlias("fast", "primary/" + MODEL);
    vertx.deployVerticle(new RelayVerticle(options)).await();
    GatewayVerticle gateway =
        new GatewayVerticle(new GatewayOptions().setPort(0), LlmRelay.create(vertx));
    vertx.deployVerticle(gateway).await();
    port = gateway.actualPort();
    baseUrl = "http://127.0.0.1:" + port + "/v1";
  }

  private static BackendOptions backend(String dialect, String baseUrl) {
    return new BackendOptions()
        .setDialect(dialect)
        .setBaseUrl(baseUrl)
        .setApiKey("sk-relay-own-key")
        .setModels(List.of(MODEL));
  }
}
