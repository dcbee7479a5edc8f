package io.llmrelay.cli;

import io.llmrelay.chat.LlmException;
import io.llmrelay.config.ConfigException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.logging.LogManager;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/**
 * The runnable jar's entry. Without the name of a command it serves.
 *
 * <p>Exit codes: 0 for success (a server that was asked to stop included), 1 for what went wrong on
 * the way, 2 for a wrong configuration or command line. What people can mend is said in a message;
 * only a defect of ours shows a stack trace.
 */
@Command(
    name = "llm-relay",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    description = "Streams chat completions from many LLM backends with failover.",
    footer = {
      "",
      "Without a command it serves: llm-relay --conf relay.yaml --port 8080",
    })
public final class Main {
  static final int FAILED = 1;
  static final int MISUSED = 2;

  private Main() {}

  public static void main(String[] args) {
    // Newer JDKs would take a pipe for a console, and so colour what goes through it.
    System.getProperties().putIfAbsent("jdk.console", "java.base");
    configureLogging();
    String[] command = withCommand(args);
    System.exit(commandLine(System.getenv(), command[0]).execute(command));
  }

  /**
   * The commands, to be run in this environment.
   *
   * @param name the one that is meant: where it is served with, the others are not even looked at,
   *     for a server is to be up soon
   */
  static CommandLine commandLine(Map<String, String> env, String name) {
    CommandLine line = new CommandLine(new Main()).addSubcommand(new ServeCommand(env));
    if (!name.equals("serve")) {
      line.addSubcommand(new ChatCommand(env))
          .addSubcommand(new SandboxCommand())
          .addSubcommand(new ChaosCommand())
          .addSubcommand(new DemoCommand())
          .addSubcommand(new TrainCommand())
          .addSubcommand(new KeyCommand());
    }
    return line.setOut(utf8(System.out))
        .setErr(utf8(System.err))
        .setExecutionExceptionHandler((error, failing, parsed) -> failed(error, failing));
  }

  /** {@code serve} is what is meant where only its options are given. */
  static String[] withCommand(String... args) {
    List<String> help = List.of("-h", "--help", "-V", "--version");
    if (args.length > 0 && (help.contains(args[0]) || !args[0].startsWith("-"))) {
      return args;
    }
    List<String> all = new ArrayList<>(List.of("serve"));
    all.addAll(Arrays.asList(args));
    return all.toArray(String[]::new);
  }

  private static int failed(Exception error, CommandLine line) {
    PrintWriter err = line.getErr();
    if (error instanceof ConfigException) {
      err.println(error.getMessage());
      err.flush();
      return MISUSED;
    }
    if (error instanceof CommandFailed || error instanceof LlmException) {
      err.println(error.getMessage());
    } else {
      error.printStackTrace(err);
    }
    err.flush();
    return FAILED;
  }

  /** Answers are UTF-8, whatever the locale of a container says. */
  private static PrintWriter utf8(OutputStream out) {
    return new PrintWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), true);
  }

  private static void configureLogging() {
    if (System.getProperty("java.util.logging.config.file") != null) {
      return;
    }
    try (InputStream in = Main.class.getResourceAsStream("logging.properties")) {
      LogManager.getLogManager().readConfiguration(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The version the jar says it has. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {"LLM Relay " + (version == null ? "(development)" : version)};
    }
  }
}
