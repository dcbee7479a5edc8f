package io.llmrelay.cli;

import io.llmrelay.RelayVerticle;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.ClusterOptions;
import io.llmrelay.config.ConfigException;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.LoggingOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.Sandbox;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.vertx.core.Vertx;
import io.vertx.core.VertxBuilder;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.micrometer.Label;
import io.vertx.micrometer.MetricsDomain;
import io.vertx.micrometer.MicrometerMetricsOptions;
import io.vertx.micrometer.VertxPrometheusOptions;
import io.vertx.micrometer.backends.BackendRegistries;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
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
    FileWatcher watcher = watch ? new FileWatcher(conf) : null;
    RelayOptions options = options();
    Logging.apply(options.getLogging());
    try (GracefulShutdown shutdown = new GracefulShutdown(vertx(options.getCluster()))) {
      boolean sandboxOnly = options.getBackends().isEmpty();
      if (sandboxOnly) {
        addSandbox(shutdown.vertx(), options);
      }
      RelayVerticle relay = deploy(shutdown.vertx(), options);
      addJvmMeters(shutdown.vertx());
      shutdown.setDrain(relay::drain, options.getShutdownGrace());
      if (watcher != null) {
        watcher.start(shutdown.vertx(), relay::reload);
      }
      Terminal terminal = new Terminal(spec.commandLine().getOut());
      new StartupBanner(terminal, options, sandboxOnly).print(relay, conf);
      shutdown.awaitInterrupt();
    }
    return 0;
  }

  private RelayOptions options() {
    RelayOptions options =
        conf == null
            ? RelayOptions.fromConfig(new JsonObject().put("discover", true), "defaults", env)
            : RelayOptions.fromFile(conf, env);
    if (options.getGateway() == null) {
      options.setGateway(new GatewayOptions());
    }
    if (cluster && options.getCluster() == null) {
      options.setCluster(new ClusterOptions());
    }
    if (options.getLanes() == null) {
      int processors = Runtime.getRuntime().availableProcessors();
      options.setLanes(Math.min(processors, RelayOptions.MAX_LANES));
    }
    if (options.getLogging().getRequests() == null) {
      options.getLogging().setRequests(true);
    }
    if (logFormat != null) {
      options.getLogging().setFormat(logFormat);
    }
    if (port != null) {
      if (port < 0 || port > MAX_PORT) {
        throw new ParameterException(
            spec.commandLine(), "--port must be from 0 to " + MAX_PORT + ", not " + port);
      }
      options.getGateway().setPort(port);
    }
    if (host != null) {
      options.getGateway().setHost(host);
    }
    return options;
  }

  /**
   * Creates the Vert.x.
   *
   * @param cluster the cluster to join, {@code null} for none
   */
  static Vertx vertx(ClusterOptions cluster) {
    VertxOptions options = vertxOptions();
    VertxBuilder builder = Vertx.builder().withMetrics(ConnectionMetrics.factory());
    if (cluster == null) {
      return builder.with(options).build();
    }
    try {
      return ClusterNode.join(builder, options, cluster).await();
    } catch (Throwable e) {
      throw new CommandException(
          "Cannot join the cluster %s from %s: %s"
              .formatted(cluster.getName(), cluster.getHost(), e.getMessage()));
    }
  }

  /** Returns options with metrics, and without a folder for temporary files. */
  static VertxOptions vertxOptions() {
    MicrometerMetricsOptions metrics =
        new MicrometerMetricsOptions()
            .setEnabled(true)
            // Event-bus metrics cost time for every chunk; the relay's own are more precise.
            .addDisabledMetricsCategory(MetricsDomain.EVENT_BUS)
            // Without the default label for the HTTP method, which callers can choose freely.
            .setLabels(EnumSet.of(Label.HTTP_CODE, Label.POOL_TYPE, Label.POOL_NAME))
            .setPrometheusOptions(new VertxPrometheusOptions().setEnabled(true));
    return new VertxOptions()
        .setPreferNativeTransport(true)
        .setMetricsOptions(metrics)
        // No folder for copies of resources: the file system may be read-only.
        .setFileSystemOptions(
            new FileSystemOptions()
                .setClassPathResolvingEnabled(false)
                .setFileCachingEnabled(false));
  }

  /** Binds the JVM's meters. It takes a while and is therefore done after the port is open. */
  private static void addJvmMeters(Vertx vertx) {
    vertx.executeBlocking(
        () -> {
          MeterRegistry registry = BackendRegistries.getDefaultNow();
          Stream.of(
                  new ClassLoaderMetrics(),
                  new JvmMemoryMetrics(),
                  new JvmGcMetrics(),
                  new ProcessorMetrics(),
                  new JvmThreadMetrics())
              .forEach(meters -> meters.bindTo(registry));
          return null;
        });
  }

  /** Adds sandbox backends, which need no API key, in two dialects. */
  static void addSandbox(Vertx vertx, RelayOptions options) {
    Sandbox sandbox = SandboxCommand.start(vertx, 0);
    options
        .setDiscover(false)
        .addBackend("primary", openAi(sandbox, "primary"))
        .addBackend("secondary", openAi(sandbox, "secondary"))
        .addBackend(
            "claude",
            new BackendOptions()
                .setDialect("anthropic")
                .setBaseUrl(sandbox.anthropicBackend("claude"))
                .setDefaultModel(SandboxCommand.MODEL));
  }

  private static BackendOptions openAi(Sandbox sandbox, String name) {
    return new BackendOptions()
        .setDialect("openai")
        .setBaseUrl(sandbox.backend(name))
        .setDefaultModel(SandboxCommand.MODEL);
  }

  private RelayVerticle deploy(Vertx vertx, RelayOptions options) {
    RelayVerticle relay = new RelayVerticle(options);
    if (conf != null) {
      relay.setSource(this::options);
    }
    try {
      vertx.deployVerticle(relay).await();
      return relay;
    } catch (ConfigException e) {
      throw e;
    } catch (Throwable e) {
      GatewayOptions gateway = options.getGateway();
      throw BindErrors.explain(e, gateway.getHost(), gateway.getPort());
    }
  }
}
