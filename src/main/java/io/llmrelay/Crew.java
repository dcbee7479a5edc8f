package io.llmrelay;

import io.llmrelay.availability.AvailabilitySettings;
import io.llmrelay.bus.BusSettings;
import io.llmrelay.catalog.Catalog;
import io.llmrelay.catalog.Model;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.failover.Backend;
import io.llmrelay.failover.CoordinatorSettings;
import io.llmrelay.failover.Limits;
import io.llmrelay.failover.ModelResolver;
import io.llmrelay.failover.RunSettings;
import io.llmrelay.provider.Dialects;
import io.llmrelay.provider.ProviderVerticle;
import io.vertx.core.CompositeFuture;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * The provider verticles of one configuration on one lane, with addresses of their own, and the
 * settings by which the lane's coordinator works with them.
 */
final class Crew {
  private final Context context;
  private final String address;
  private final List<ProviderVerticle> providers = new ArrayList<>();

  /**
   * A crew that is not at work yet.
   *
   * @param context what all of it runs on
   * @param address what its addresses start with
   * @param lanes how many groups like this one there are
   */
  Crew(Context context, String address, int lanes, RelayOptions options) {
    this.context = context;
    this.address = address;
    BusSettings bus = options.getBus().toSettings();
    options
        .getBackends()
        .forEach(
            (name, backend) -> {
              // Idle connections of other lanes would count against a small limit of the server's.
              boolean keepAlive = backend.getMaxConnections() >= lanes;
              providers.add(new ProviderVerticle(name, backend, address, bus, keepAlive));
            });
  }

  String address() {
    return address;
  }

  /** Starts all of it, or nothing. To be called on the context. */
  Future<?> start() {
    return Future.join(providers.stream().map(provider -> start(provider, context)).toList())
        .recover(error -> stop().transform(stopped -> Future.failedFuture(error)));
  }

  Future<CompositeFuture> stop() {
    return Future.join(providers.stream().map(each -> stop(each, context)).toList());
  }

  /** Starts a verticle on a context that exists, where deploying it would give it another. */
  static Future<?> start(VerticleBase verticle, Context context) {
    try {
      return verticle.deploy(context);
    } catch (Exception e) {
      return Future.failedFuture(e);
    }
  }

  /** Stops what {@link #start} started. */
  static Future<?> stop(VerticleBase verticle, Context context) {
    try {
      return verticle.undeploy(context);
    } catch (Exception e) {
      return Future.failedFuture(e);
    }
  }

  /**
   * How a coordinator is to work with this crew.
   *
   * @param lane what the addresses of its lane start with
   */
  CoordinatorSettings settings(String lane, RelayOptions options) {
    List<Backend> backends = new ArrayList<>();
    options.getBackends().forEach((name, backend) -> backends.add(backend(name, backend)));
    return new CoordinatorSettings(
        options.getBus().getPrefix(),
        lane,
        address,
        options.getBus().toSettings(),
        backends,
        options.getFallback(),
        options.getAliases(),
        options.getPrefer(),
        new RunSettings(
            options.getCommit(),
            options.runTimeouts(),
            options.getRetries().getMax(),
            options.getRetries().getBaseDelay(),
            options.getRetries().getMaxDelay(),
            options.getQueue().getWait(),
            options.getLatch().getMaxSize()),
        limits(options),
        catalog(options),
        options.getMaxRequests());
  }

  /** How the relay's availability is to be configured, with the crew at an address to be probed. */
  static AvailabilitySettings availability(String address, RelayOptions options) {
    List<AvailabilitySettings.Backend> backends = new ArrayList<>();
    options
        .getBackends()
        .forEach(
            (name, backend) ->
                backends.add(
                    new AvailabilitySettings.Backend(
                        name, account(backend), backend.getMaxConnections(), backend.getBudget())));
    return new AvailabilitySettings(
        options.getBus().getPrefix(),
        address,
        backends,
        options.getCircuit(),
        options.getQueue().getMax(),
        options.getExhaustion().getMax(),
        options.getStateFile() == null ? null : Path.of(options.getStateFile()));
  }

  /** A name for the account that tells nothing of the key. */
  private static String account(BackendOptions backend) {
    String account = backend.getBaseUrl() + "\n" + backend.getApiKey();
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(account.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // Every Java platform has it.
    }
  }

  /** A character takes up to four bytes of the latch. */
  private static Limits limits(RelayOptions options) {
    return new Limits(
        options.getLimits().timeouts(options.getTimeouts()),
        options.getLimits().getRetries(),
        options.getLimits().getCandidates(),
        Math.max(1, options.getLatch().getMaxSize() / 4));
  }

  /** Whether a candidate of the options names a backend or a model of one. */
  static boolean resolves(String candidate, RelayOptions options) {
    List<Backend> backends = new ArrayList<>();
    options.getBackends().forEach((name, backend) -> backends.add(backend(name, backend)));
    return new ModelResolver(backends, catalog(options)).resolves(candidate);
  }

  private static Catalog catalog(RelayOptions options) {
    return Catalog.builtIn().with(ownModels(options));
  }

  private static List<Model> ownModels(RelayOptions options) {
    if (options.getCatalog().isEmpty()) {
      return List.of();
    }
    return options.toJson().getJsonArray("catalog", new JsonArray()).stream()
        .map(entry -> Model.fromJson((JsonObject) entry))
        .toList();
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
