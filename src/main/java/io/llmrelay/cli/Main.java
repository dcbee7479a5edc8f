package io.llmrelay.cli;

import io.llmrelay.chat.LlmException;
import io.llmrelay.config.ConfigException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/**
 * The entry point of the runnable jar. The default command is {@code serve}.
 *
 * <p>Exit codes: 0 for success (also for a server stopped by a signal), 1 for a failure at run
 * time, 2 for an invalid configuration or command line. Errors that users can fix are printed as a
 * message; only defects print a stack trace.
 */
@Command(
    name = "llm-relay",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    description = "Streams chat completions from many LLM backends with failover.",
    footer = {
      "",
      "The default command is serve: llm-relay --conf relay.yaml --port 8080",
    })
public final class Main {
  static final int FAILED = 1;
  static final int MISUSED = 2;

  private Main() {}

  public static void main(String[] args) {
    // Newer JDKs report a console even for a pipe, and output to the pipe would be coloured.
    System.getProperties().putIfAbsent("jdk.console", "java.base");
    Logging.configure();
    String[] command = withCommand(args);
    RelayServer server = RelayServer.of(System.getenv(), command);
    int code =
        server == null ? commandLine(System.getenv(), command[0]).execute(command) : serve(server);
    Logging.flush();
    System.exit(code);
  }

  private static int serve(RelayServer server) {
    try {
      server.serve(utf8(System.out));
      return 0;
    } catch (Exception e) {
      return report(e, utf8(System.err));
    }
  }

  /**
   * Returns the command line.
   *
   * @param env the environment variables
   * @param name the command that is run; for {@code serve} the other commands are not loaded, which
   *     shortens the start
   */
  static CommandLine commandLine(Map<String, String> env, String name) {
    CommandLine line = new CommandLine(new Main()).addSubcommand(new ServeCommand(env));
    if (!name.equals("serve")) {
      line.addSubcommand(new ChatCommand(env))
          .addSubcommand(new SandboxCommand())
          .addSubcommand(new ChaosCommand())
          .addSubcommand(new DemoCommand())
          .addSubcommand(new ClusterDemoCommand())
          .addSubcommand(new TrainCommand())
          .addSubcommand(new KeyCommand())
          .addSubcommand(new SpendCommand())
          .addSubcommand(new SchemaCommand())
          .addSubcommand(new FromLiteLlmCommand());
    }
    return line.setCaseInsensitiveEnumValuesAllowed(true)
        .setOut(utf8(System.out))
        .setErr(utf8(System.err))
        .setExecutionExceptionHandler((error, command, parsed) -> report(error, command.getErr()));
  }

  /** Inserts the command {@code serve} if only options are given. */
  static String[] withCommand(String... args) {
    List<String> help = List.of("-h", "--help", "-V", "--version");
    if (args.length > 0 && (help.contains(args[0]) || !args[0].startsWith("-"))) {
      return args;
    }
    List<String> command = new ArrayList<>(List.of("serve"));
    command.addAll(Arrays.asList(args));
    return command.toArray(String[]::new);
  }

  private static int report(Exception error, PrintWriter err) {
    if (error instanceof ConfigException) {
      err.println(error.getMessage());
      err.flush();
      return MISUSED;
    }
    if (error instanceof CommandException || error instanceof LlmException) {
      err.println(error.getMessage());
    } else {
      error.printStackTrace(err);
    }
    err.flush();
    return FAILED;
  }

  /** Returns a writer for UTF-8, whatever the locale. */
  private static PrintWriter utf8(OutputStream out) {
    return new PrintWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), true);
  }

  /** The version in the jar's manifest. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {"LLM Relay " + (version == null ? "(development)" : version)};
    }
  }
}
