package io.llmrelay;

import io.llmrelay.catalog.Catalog;
import io.llmrelay.catalog.Model;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.BudgetOptions;
import io.llmrelay.config.BusOptions;
import io.llmrelay.coordinator.Backend;
import io.llmrelay.coordinator.CoordinatorSettings;
import io.llmrelay.coordinator.CoordinatorVerticle;
import io.llmrelay.coordinator.RunSettings;
import io.llmrelay.gateway.GatewayVerticle;
import io.llmrelay.observe.EventPublisher;
import io.llmrelay.observe.Listeners;
import io.llmrelay.observe.Metrics;
import io.llmrelay.observe.RelayListener;
import io.llmrelay.provider.Dialects;
import io.llmrelay.provider.ProviderVerticle;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The one thing to deploy. It deploys the rest: a provider verticle for each backend, the
 * coordinator, and the HTTP gateway if one is configured (which needs vertx-web on the class path).
 * From then on every {@link LlmRelay} on the event bus can use it.
 *
 * <pre>{@code
 * vertx.deployVerticle(new RelayVerticle(options)).map(id -> LlmRelay.create(vertx))
 * }</pre>
 *
 * <p>Without options it takes the deployment's JSON config, in the form of the configuration file.
 * A wrong configuration fails the deployment with a {@link io.llmrelay.config.ConfigException}.
 */
public class RelayVerticle extends VerticleBase {
  /** Most requests in flight at a coordinator. */
  public static final int MAX_REQUESTS = 20_000;

  private final RelayOptions given;
  private final List<RelayListener> hooks = new ArrayList<>();
  private final List<String> providers = new ArrayList<>();
  private GatewayVerticle gateway;

  /** A relay configured by its deployment's config. */
  public RelayVerticle() {
    this(null);
  }

  /** A relay with these options. */
  public RelayVerticle(RelayOptions options) {
    given = options == null ? null : new RelayOptions(options);
  }

  /** Adds a hook; before the deployment. */
  public RelayVerticle addListener(RelayListener listener) {
    hooks.add(listener);
    return this;
  }

  /** The port the gateway listens on, once deployed; -1 without a gateway. */
  public int gatewayPort() {
    return gateway == null ? -1 : gateway.actualPort();
  }

  @Override
  public Future<?> start() {
    // Files with keys are read here, so not on the event loop.
    return vertx
        .executeBlocking(this::options)
        .compose(this::deploy)
        .recover(error -> stop().transform(stopped -> Future.failedFuture(error)));
  }

  /** The coordinator and the gateway, which are children, have stopped by now. */
  @Override
  public Future<?> stop() {
    // If Vert.x itself closes, they may be gone already.
    return Future.join(providers.stream().map(vertx::undeploy).toList()).otherwiseEmpty();
  }

  private RelayOptions options() {
    Map<String, String> env = System.getenv();
    RelayOptions options =
        given != null ? given : RelayOptions.fromConfig(config(), "deployment config", env);
    return options.resolved(env);
  }

  private Future<?> deploy(RelayOptions options) {
    List<Future<?>> deploying = new ArrayList<>();
    options
        .getBackends()
        .forEach((name, backend) -> deploying.add(provider(name, backend, options)));
    return Future.join(deploying)
        .compose(
            deployed ->
                vertx.deployVerticle(
                    new CoordinatorVerticle(settings(options), listeners(options))))
        .compose(deployed -> deployGateway(options));
  }

  /**
   * Deploys a provider verticle, but not as a child: children all stop at a time, and a backend
   * that went before the coordinator would make it turn to the next one.
   */
  private Future<?> provider(String name, BackendOptions backend, RelayOptions options) {
    BusOptions bus = options.getBus();
    ProviderVerticle provider =
        new ProviderVerticle(name, backend, bus.getPrefix(), bus.toSettings());
    Promise<String> deployed = ((ContextInternal) context).promise();
    ((VertxInternal) vertx)
        .createEventLoopContext()
        .runOnContext(v -> vertx.deployVerticle(provider).onComplete(deployed));
    return deployed.future().onSuccess(providers::add);
  }

  private Future<?> deployGateway(RelayOptions options) {
    if (options.getGateway() == null) {
      return Future.succeededFuture();
    }
    gateway =
        new GatewayVerticle(
            options.getGateway(),
            LlmRelay.create(vertx, options.getBus().getPrefix(), options.getBus().toSettings()));
    return vertx.deployVerticle(gateway);
  }

  private Listeners listeners(RelayOptions options) {
    Map<String, String> providers = new HashMap<>();
    options
        .getBackends()
        .forEach(
            (name, backend) ->
                providers.put(name, backend.getProvider() == null ? name : backend.getProvider()));
    List<RelayListener> all = new ArrayList<>(hooks);
    Metrics.ofDefaultRegistry(providers).ifPresent(all::add);
    all.add(new EventPublisher(vertx, options.getBus().getPrefix()));
    return new Listeners(all);
  }

  private static CoordinatorSettings settings(RelayOptions options) {
    List<Backend> backends = new ArrayList<>();
    options.getBackends().forEach((name, backend) -> backends.add(backend(name, backend)));
    Map<String, BudgetOptions> budgets = new LinkedHashMap<>();
    options
        .getBackends()
        .forEach(
            (name, backend) -> {
              if (backend.getBudget() != null) {
                budgets.put(name, backend.getBudget());
              }
            });
    List<Model> own =
        options.toJson().getJsonArray("catalog", new JsonArray()).stream()
            .map(entry -> Model.fromJson((JsonObject) entry))
            .toList();
    return new CoordinatorSettings(
        options.getBus().getPrefix(),
        options.getBus().toSettings(),
        backends,
        options.getFallback(),
        options.getAliases(),
        options.getPrefer(),
        new RunSettings(
            options.getCommit(),
            options.limits(),
            options.getRetries().getMax(),
            options.getRetries().getBaseDelay(),
            options.getRetries().getMaxDelay(),
            options.getLatch().getMaxSize()),
        options.getCircuit(),
        Catalog.builtIn().with(own),
        MAX_REQUESTS,
        budgets,
        options.getStateFile() == null ? null : Path.of(options.getStateFile()));
  }

  private static Backend backend(String name, BackendOptions options) {
    return new Backend(
        name,
        options.getProvider(),
        options.getDialect(),
        options.getModels(),
        options.getDefaultModel(),
        request -> Dialects.cannotServe(options.getDialect(), request));
  }
}
