package io.llmrelay.cli;

import io.llmrelay.RelayOptions;
import io.llmrelay.RelayVerticle;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.ConfigException;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.sandbox.Sandbox;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.micrometer.Label;
import io.vertx.micrometer.MetricsDomain;
import io.vertx.micrometer.MicrometerMetricsFactory;
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

/** Runs the relay behind its HTTP gateway, until somebody stops it. */
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
      description = "The configuration, YAML or JSON. Without it: the defaults.")
  private Path conf;

  @Option(
      names = {"-p", "--port"},
      paramLabel = "N",
      description = "The port to listen at, instead of gateway.port; 0 takes any free one.")
  private Integer port;

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      description = "The address to listen at, instead of gateway.host.")
  private String host;

  @Option(
      names = "--watch",
      description = "Read the configuration again whenever its file changes.")
  private boolean watch;

  ServeCommand(Map<String, String> env) {
    this.env = env;
  }

  @Override
  public Integer call() {
    if (watch && conf == null) {
      throw new ParameterException(spec.commandLine(), "--watch takes a --conf FILE to watch");
    }
    FileWatch file = watch ? new FileWatch(conf) : null;
    RelayOptions options = options();
    try (Lifetime life = new Lifetime(vertx())) {
      boolean rehearsal = options.getBackends().isEmpty();
      if (rehearsal) {
        addSandbox(life.vertx(), options);
      }
      RelayVerticle relay = deploy(life.vertx(), options);
      addJvmMeters(life.vertx());
      life.drainFirst(relay::drain, options.getShutdownGrace());
      if (file != null) {
        file.start(life.vertx(), relay::reload);
      }
      Terminal terminal = new Terminal(spec.commandLine().getOut());
      new Welcome(terminal, options, rehearsal).print(relay, conf);
      life.awaitEnd();
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
    if (options.getLanes() == null) {
      int processors = Runtime.getRuntime().availableProcessors();
      options.setLanes(Math.min(processors, RelayOptions.MAX_LANES));
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

  static Vertx vertx() {
    MicrometerMetricsOptions metrics =
        new MicrometerMetricsOptions()
            .setEnabled(true)
            // They cost something for every chunk and tell what the relay's own tell better.
            .addDisabledMetricsCategory(MetricsDomain.EVENT_BUS)
            // Not the method, which is by default: a caller may invent as many as it likes.
            .setLabels(EnumSet.of(Label.HTTP_CODE, Label.POOL_TYPE, Label.POOL_NAME))
            .setPrometheusOptions(new VertxPrometheusOptions().setEnabled(true));
    return Vertx.builder()
        .with(new VertxOptions().setPreferNativeTransport(true).setMetricsOptions(metrics))
        .withMetrics(new MicrometerMetricsFactory())
        .build();
  }

  /** The meters of the JVM, not before the port is open: they take a while. */
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

  /** Backends that need no key: enough to see a failover, with both dialects. */
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
      throw Ports.notOpen(e, gateway.getHost(), gateway.getPort());
    }
  }
}
