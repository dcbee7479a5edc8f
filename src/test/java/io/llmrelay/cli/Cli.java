package io.llmrelay.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import picocli.CommandLine;

/** Runs the command line in this JVM, on its own thread. */
final class Cli implements AutoCloseable {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final CompletableFuture<Integer> exit = new CompletableFuture<>();
  private final Thread thread;

  private Cli(CommandLine line, String... args) {
    line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    thread = new Thread(() -> exit.complete(line.execute(Main.withCommand(args))), "cli");
    thread.start();
  }

  private static String name(String... args) {
    return Main.withCommand(args)[0];
  }

  /** Starts a command without environment variables. */
  static Cli start(String... args) {
    return new Cli(Main.commandLine(Map.of(), name(args)), args);
  }

  /** Starts a command with environment variables. */
  static Cli start(Map<String, String> env, String... args) {
    return new Cli(Main.commandLine(env, name(args)), args);
  }

  /** Runs a command with environment variables and waits for its end. */
  static Cli run(Map<String, String> env, String... args) {
    Cli cli = new Cli(Main.commandLine(env, name(args)), args);
    cli.exitCode();
    return cli;
  }

  /** Runs a command and waits for its end. */
  static Cli run(String... args) {
    return run(Map.of(), args);
  }

  int exitCode() {
    return exit.orTimeout(60, java.util.concurrent.TimeUnit.SECONDS).join();
  }

  String out() {
    return out.toString();
  }

  String err() {
    return err.toString();
  }

  /** Waits until the output contains a match. */
  Matcher awaitOut(String regex) {
    Pattern pattern = Pattern.compile(regex);
    Awaitility.await("output with " + regex)
        .atMost(java.time.Duration.ofSeconds(30))
        .until(() -> exit.isDone() || pattern.matcher(out()).find());
    Matcher matcher = pattern.matcher(out());
    if (!matcher.find()) {
      throw new AssertionError("ended without " + regex + ":\n" + out() + err());
    }
    return matcher;
  }

  /** Interrupts the command, as a signal does. */
  @Override
  public void close() {
    thread.interrupt();
    exitCode();
  }
}
