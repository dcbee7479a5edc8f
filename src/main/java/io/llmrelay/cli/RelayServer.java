package io.llmrelay.cli;

import io.llmrelay.RelayVerticle;
import io.llmrelay.catalog.Catalog;
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
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxBuilder;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.core.transport.Transport;
import io.vertx.micrometer.Label;
import io.vertx.micrometer.MetricsDomain;
import io.vertx.micrometer.MicrometerMetricsOptions;
import io.vertx.micrometer.VertxPrometheusOptions;
import io.vertx.micrometer.backends.BackendRegistries;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The relay with its HTTP gateway as a process.
 *
 * <p>It runs without picocli, at least until the port is open: picocli's classes have the format of
 * Java 5, which an AOT cache cannot hold, and take long to load.
 */
final class RelayServer {
  private static final Map<String, String> OPTIONS =
      Map.of("-c", "conf", "--conf", "conf", "-p", "port", "--port", "port", "--host", "host");

  /** A port that needs no check; picocli's command checks and explains the others. */
  private static final Pattern PORT = Pattern.compile("\\d{1,4}");

  private final Map<String, String> env;
  private Path conf;
  private Integer port;
  private String host;
  private LoggingOptions.Format logFormat;
  private boolean cluster;
  private boolean watch;

  RelayServer(Map<String, String> env) {
    this.env = env;
  }

  /**
   * Returns the server that a command line asks for, if it consists of {@code serve} and the
   * options that most starts have; {@code null} for any other, valid or not.
   */
  static RelayServer of(Map<String, String> env, String... command) {
    if (!command[0].equals("serve") || command.length % 2 == 0) {
      return null;
    }
    Map<String, String> values = new HashMap<>();
    for (int i = 1; i < command.length; i += 2) {
      String option = OPTIONS.get(command[i]);
      if (option == null
          || command[i + 1].startsWith("-")
          || values.put(option, command[i + 1]) != null) {
        return null;
      }
    }
    String port = values.getOrDefault("port", "0");
    if (!PORT.matcher(port).matches()) {
      return null;
    }
    return new RelayServer(env)
        .setConf(values.containsKey("conf") ? Path.of(values.get("conf")) : null)
        .setPort(values.containsKey("port") ? Integer.valueOf(port) : null)
        .setHost(values.get("host"));
  }

  /** Sets the configuration file; by default none. */
  RelayServer setConf(Path conf) {
    this.conf = conf;
    return this;
  }

  /** Sets the port, instead of the configured one. */
  RelayServer setPort(Integer port) {
    this.port = port;
    return this;
  }

  /** Sets the address to listen on, instead of the configured one. */
  RelayServer setHost(String host) {
    this.host = host;
    return this;
  }

  /** Sets the format of the log, instead of the configured one. */
  RelayServer setLogFormat(LoggingOptions.Format logFormat) {
    this.logFormat = logFormat;
    return this;
  }

  /** Sets whether to form or join a cluster that is not configured. */
  RelayServer setCluster(boolean cluster) {
    this.cluster = cluster;
    return this;
  }

  /** Sets whether to reload the configuration file, which must be set, when it changes. */
  RelayServer setWatch(boolean watch) {
    this.watch = watch;
    return this;
  }

  /**
   * Serves until the thread is interrupted; a signal exits the process.
   *
   * @param out where to print addresses and backends
   */
  void serve(PrintWriter out) {
    try (GracefulShutdown running = start(out)) {
      running.awaitInterrupt();
    }
  }

  /**
   * Starts to serve.
   *
   * @param out where to print addresses and backends
   * @return what stops it
   */
  GracefulShutdown start(PrintWriter out) {
    preload();
    FileWatcher watcher = watch ? new FileWatcher(conf) : null;
    RelayOptions options = options();
    Logging.apply(options.getLogging());
    GracefulShutdown shutdown = new GracefulShutdown(vertx(options.getCluster()));
    try {
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
      new StartupBanner(new Terminal(out), options, sandboxOnly).print(relay, conf);
      return shutdown;
    } catch (RuntimeException e) {
      shutdown.close();
      throw e;
    }
  }

  /**
   * Initializes classes of Netty, Vert.x and the catalog on a thread of its own, while the
   * configuration is read, which takes about as long.
   */
  private static void preload() {
    Thread preload =
        new Thread(
            () -> {
              Transport.nativeTransport();
              Buffer.buffer(1);
              new PrometheusMeterRegistry(PrometheusConfig.DEFAULT).close();
              Catalog.builtIn();
            },
            "preload");
    preload.setDaemon(true);
    preload.start();
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
