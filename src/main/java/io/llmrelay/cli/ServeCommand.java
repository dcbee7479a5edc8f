package io.llmrelay.cli;

import io.llmrelay.config.LoggingOptions;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs the relay with its HTTP gateway until a signal stops it. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    description = "Serve OpenAI's chat-completions API over HTTP (the default command).")
final class ServeCommand implements Callable<Integer> {
  private static final int MAX_PORT = 65_535;

  private final Map<String, String> env;

  @Spec private CommandSpec spec;

  @Option(
      names = {"-c", "--conf"},
      paramLabel = "FILE",
      description =
          "The configuration file, YAML or JSON. Default: none, with backends from the"
              + " environment.")
  private Path conf;

  @Option(
      names = {"-p", "--port"},
      paramLabel = "N",
      description = "The port to listen on, instead of gateway.port; 0 for any free port.")
  private Integer port;

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      description = "The address to listen on, instead of gateway.host.")
  private String host;

  @Option(
      names = "--log-format",
      paramLabel = "FORMAT",
      description = "The format of the log, instead of logging.format: text or json.")
  private LoggingOptions.Format logFormat;

  @Option(
      names = "--cluster",
      description =
          "Form or join a cluster, as the section cluster says; without one, with the nodes on this"
              + " machine.")
  private boolean cluster;

  @Option(names = "--watch", description = "Reload the configuration whenever its file changes.")
  private boolean watch;

  ServeCommand(Map<String, String> env) {
    this.env = env;
  }

  @Override
  public Integer call() {
    if (watch && conf == null) {
      throw new ParameterException(spec.commandLine(), "--watch takes a --conf FILE to watch");
    }
    if (port != null && (port < 0 || port > MAX_PORT)) {
      throw new ParameterException(
          spec.commandLine(), "--port must be from 0 to " + MAX_PORT + ", not " + port);
    }
    new RelayServer(env)
        .setConf(conf)
        .setPort(port)
        .setHost(host)
        .setLogFormat(logFormat)
        .setCluster(cluster)
        .setWatch(watch)
        .serve(spec.commandLine().getOut());
    return 0;
  }
}
