package io.llmrelay.cli;

import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.SandboxOptions;
import io.vertx.core.Vertx;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs the sandbox alone, to point any client at. */
@Command(
    name = "sandbox",
    mixinStandardHelpOptions = true,
    description = "Run backends that speak OpenAI's and Anthropic's API and misbehave on request.")
final class SandboxCommand implements Callable<Integer> {
  /** A model that answers well. */
  static final String MODEL = "mock-model";

  /** About the pace of a real model, so that one sees it stream. */
  private static final int FIRST_TOKEN_MS = 200;

  private static final int CHUNK_MS = 30;

  @Spec private CommandSpec spec;

  @Option(
      names = {"-p", "--port"},
      paramLabel = "N",
      defaultValue = "9101",
      description = "The port to listen at; 0 takes any free one. Default: ${DEFAULT-VALUE}.")
  private int port;

  @Override
  public Integer call() {
    try (Lifetime life = new Lifetime(Vertx.vertx())) {
      Sandbox sandbox = start(life.vertx(), port);
      Terminal terminal = new Terminal(spec.commandLine().getOut());
      terminal.line(terminal.bold("The sandbox is listening at " + sandbox.baseUrl()));
      terminal.line();
      new Table()
          .row("OpenAI's API", sandbox.openAiBaseUrl())
          .row("Anthropic's API", sandbox.anthropicBaseUrl())
          .row("more backends", sandbox.backend("NAME") + ", " + sandbox.anthropicBackend("NAME"))
          .lines("  ")
          .forEach(terminal::line);
      terminal.line();
      terminal.line("The model's name chooses what happens, for example:");
      new Table()
          .row(MODEL, "a healthy answer")
          .row("mock-503, mock-429-retry-after-7", "an error before anything is sent")
          .row("mock-sse-error", "200, then an error event before the first token")
          .row("mock-die-after-3", "the connection drops after three chunks")
          .row("mock-stall-after-role", "silence after the head")
          .lines("  ")
          .forEach(terminal::line);
      terminal.line("A name that is not known gets a 404 that lists them all.");
      terminal.line();
      terminal.line(terminal.dim("Ctrl-C stops it."));
      life.awaitEnd();
    }
    return 0;
  }

  /** A sandbox at a pace for people. */
  static Sandbox start(Vertx vertx, int port) {
    SandboxOptions options =
        new SandboxOptions()
            .setPort(port)
            .setFirstTokenDelay(FIRST_TOKEN_MS)
            .setChunkDelay(CHUNK_MS);
    try {
      return Sandbox.start(vertx, options).await();
    } catch (Throwable e) {
      throw Ports.notOpen(e, options.getHost(), port);
    }
  }
}
