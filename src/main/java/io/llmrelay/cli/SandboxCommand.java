package io.llmrelay.cli;

import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.SandboxOptions;
import io.vertx.core.Vertx;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs the sandbox alone, for any client. */
@Command(
    name = "sandbox",
    mixinStandardHelpOptions = true,
    description = "Run backends that speak the dialects of the providers and fail on request.")
final class SandboxCommand implements Callable<Integer> {
  /** A model whose backend answers without faults. */
  static final String MODEL = "mock-model";

  /** About the pace of a real model, so that streaming is visible. */
  private static final int FIRST_TOKEN_MS = 200;

  private static final int CHUNK_MS = 30;

  @Spec private CommandSpec spec;

  @Option(
      names = {"-p", "--port"},
      paramLabel = "N",
      defaultValue = "9101",
      description = "The port to listen on; 0 for any free port. Default: ${DEFAULT-VALUE}.")
  private int port;

  @Option(
      names = {"-s", "--script"},
      paramLabel = "NAME=SCENARIO[,SCENARIO...]",
      description =
          "The scenarios of the backend NAME, instead of those chosen by the model: one per"
              + " request, the last one repeated. For example: primary=503,model. Or a JSON array"
              + " of scenarios in text or JSON form.")
  private Map<String, String> scripts = Map.of();

  @Option(names = "--tls", description = "Use TLS, with a self-signed certificate.")
  private boolean tls;

  @Option(
      names = "--http2",
      description =
          "Speak HTTP/2 beside HTTP/1.1, with --tls by ALPN, without it to prior knowledge.")
  private boolean http2;

  @Override
  public Integer call() {
    try (GracefulShutdown shutdown = new GracefulShutdown(Vertx.vertx())) {
      SandboxOptions options = new SandboxOptions().setTls(tls).setHttp2(http2);
      scripts.forEach((name, script) -> options.setScenarios(name, scenarios(script)));
      Sandbox sandbox = start(shutdown.vertx(), options, port);
      Terminal terminal = new Terminal(spec.commandLine().getOut());
      terminal.line(terminal.bold("The sandbox is listening at " + sandbox.baseUrl()));
      terminal.line();
      new TextTable()
          .row("OpenAI's API", sandbox.openAiBaseUrl())
          .row("Anthropic's API", sandbox.anthropicBaseUrl())
          .row("more backends", sandbox.backend("NAME") + ", " + sandbox.anthropicBackend("NAME"))
          .lines("  ")
          .forEach(terminal::line);
      terminal.line();
      terminal.line("The model's name chooses what happens, for example:");
      new TextTable()
          .row(MODEL, "a healthy answer")
          .row("mock-503, mock-429-retry-after-7", "an error before anything is sent")
          .row("mock-sse-error", "200, then an error event before the first token")
          .row("mock-die-after-3", "the connection drops after three chunks")
          .row("mock-reset-after-3", "the same, by a TCP reset")
          .row("mock-stall-after-role", "silence after the head")
          .lines("  ")
          .forEach(terminal::line);
      terminal.line("A name that is not known gets a 404 that lists them all.");
      terminal.line();
      terminal.line(terminal.dim("Ctrl-C stops it."));
      shutdown.awaitInterrupt();
    }
    return 0;
  }

  private static String[] scenarios(String script) {
    if (!script.startsWith("[")) {
      return script.split(",");
    }
    try {
      return new JsonArray(script).stream().map(String::valueOf).toArray(String[]::new);
    } catch (DecodeException e) {
      throw new CommandException("--script: not a JSON array: " + script);
    }
  }

  /** Starts a sandbox at the pace of a real model. */
  static Sandbox start(Vertx vertx, int port) {
    return start(vertx, new SandboxOptions(), port);
  }

  private static Sandbox start(Vertx vertx, SandboxOptions options, int port) {
    options.setPort(port).setFirstTokenDelay(FIRST_TOKEN_MS).setChunkDelay(CHUNK_MS);
    try {
      return Sandbox.start(vertx, options).await();
    } catch (IllegalArgumentException e) {
      throw new CommandException(e.getMessage());
    } catch (Throwable e) {
      throw BindErrors.explain(e, options.getHost(), port);
    }
  }
}
