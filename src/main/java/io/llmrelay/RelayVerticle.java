package io.llmrelay;

import io.llmrelay.observe.EventPublisher;
import io.llmrelay.observe.Listeners;
import io.llmrelay.observe.Metrics;
import io.llmrelay.observe.RelayListener;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The one thing to deploy. It deploys the rest: a provider verticle for each backend, the
 * coordinator, and the HTTP gateway if one is configured (which needs vertx-web on the class path);
 * all of that once for each {@linkplain RelayOptions#getLanes lane}. From then on every {@link
 * LlmRelay} on the event bus can use it.
 *
 * <pre>{@code
 * vertx.deployVerticle(new RelayVerticle(options)).map(id -> LlmRelay.create(vertx))
 * }</pre>
 *
 * <p>Without options it takes the deployment's JSON config, in the form of the configuration file.
 * A wrong configuration fails the deployment with a {@link io.llmrelay.config.ConfigException}.
 */
public class RelayVerticle extends VerticleBase {
  private final RelayOptions given;
  private final List<RelayListener> hooks = new ArrayList<>();
  private int gatewayPort = -1;
  private int adminPort = -1;

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
    return gatewayPort;
  }

  /** The port of the operators' endpoints, once deployed; -1 where they have none of their own. */
  public int adminPort() {
    return adminPort;
  }

  @Override
  public Future<?> start() {
    // Files with keys are read here, so not on the event loop.
    return vertx.executeBlocking(this::options).compose(this::deploy);
  }

  private RelayOptions options() {
    Map<String, String> env = System.getenv();
    RelayOptions options =
        given != null ? given : RelayOptions.fromConfig(config(), "deployment config", env);
    return options.resolved(env);
  }

  /** The first lane alone, for it may have to find a free port; then the others beside it. */
  private Future<?> deploy(RelayOptions options) {
    int lanes = options.getLanes() == null ? 1 : options.getLanes();
    Listeners listeners = listeners(options);
    Lane first = new Lane(options, listeners, 0, lanes);
    return vertx
        .deployVerticle(first)
        .compose(
            deployed -> {
              gatewayPort = first.gatewayPort();
              RelayOptions same = new RelayOptions(options);
              if (same.getGateway() != null) {
                same.getGateway().setPort(gatewayPort);
              }
              List<Future<?>> others = new ArrayList<>();
              for (int i = 1; i < lanes; i++) {
                others.add(vertx.deployVerticle(new Lane(same, listeners, i, lanes)));
              }
              return Future.join(others);
            });
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
}
