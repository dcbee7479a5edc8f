package io.llmrelay.cli;

import io.llmrelay.LlmRelay;
import io.llmrelay.RelayVerticle;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.ModelOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.SandboxOptions;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Demonstrates failover without API keys: a relay and three sandbox backends in this process. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = "Show on the terminal what happens when backends fail; takes about 20 seconds.")
final class DemoCommand implements Callable<Integer> {
  private static final int CHUNK_MS = 40;
  private static final int PAUSE_MS = 1000;
  private static final String MODEL = "demo-model";

  private final int chunkMs;
  private final int pauseMs;

  @Spec private CommandSpec spec;

  DemoCommand() {
    this(CHUNK_MS, PAUSE_MS);
  }

  /**
   * Creates the command.
   *
   * @param chunkMs delay between chunks; the first takes eight times as long
   * @param pauseMs pause between scenes
   */
  DemoCommand(int chunkMs, int pauseMs) {
    this.chunkMs = chunkMs;
    this.pauseMs = pauseMs;
  }

  @Override
  public Integer call() throws InterruptedException {
    Vertx vertx = Vertx.vertx();
    try {
      SandboxOptions pace =
          new SandboxOptions().setFirstTokenDelay(8 * chunkMs).setChunkDelay(chunkMs);
      Sandbox sandbox = Sandbox.start(vertx, pace).await();
      vertx.deployVerticle(new RelayVerticle(options(sandbox))).await();
      Terminal terminal = new Terminal(spec.commandLine().getOut());
      new Demo(terminal, LlmRelay.create(vertx), sandbox, pauseMs).play();
      return 0;
    } finally {
      vertx.close().await();
    }
  }

  private static RelayOptions options(Sandbox sandbox) {
    ModelOptions.Price price = new ModelOptions.Price(2.0, 10.0, null);
    return new RelayOptions()
        .addBackend("primary", backend("openai", sandbox.backend("primary")))
        .addBackend("secondary", backend("openai", sandbox.backend("secondary")))
        .addBackend("claude", backend("anthropic", sandbox.anthropicBackend("claude")))
        .setCatalog(List.of(new ModelOptions(MODEL, null, 128_000, 16_000, price)));
  }

  private static BackendOptions backend(String dialect, String baseUrl) {
    return new BackendOptions().setDialect(dialect).setBaseUrl(baseUrl).setDefaultModel(MODEL);
  }
}
