package examples;

import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.Future;
import io.vertx.core.Vertx;

/** Backends that misbehave, for your own tests. */
public final class SandboxInATest {
  private SandboxInATest() {}

  /** A primary that is down, and a secondary that answers. */
  public static Future<RelayOptions> options(Vertx vertx) {
    // tag::sandbox
    return Sandbox.start(vertx)
        .map(
            sandbox -> {
              sandbox.script(
                  "primary", Scenario.of("503"), Scenario.of("model")); // once, then well
              return new RelayOptions()
                  .addBackend("primary", backend(sandbox.backend("primary")))
                  .addBackend("secondary", backend(sandbox.backend("secondary")));
            });
    // end::sandbox
  }

  private static BackendOptions backend(String baseUrl) {
    return new BackendOptions()
        .setDialect("openai")
        .setBaseUrl(baseUrl)
        .setDefaultModel("gpt-4o-mini");
  }
}
