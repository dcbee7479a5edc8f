package io.llmrelay;

import io.llmrelay.bus.BusSettings;
import io.llmrelay.config.ApiKeyOptions;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.provider.ProviderVerticle;
import io.vertx.core.CompositeFuture;
import io.vertx.core.Context;
import io.vertx.core.Deployable;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;

/** The provider verticles of one configuration on one lane, at unique addresses. */
final class ProviderGroup {
  private final Context context;
  private final String address;
  private final List<ProviderVerticle> providers = new ArrayList<>();

  /**
   * Creates a group of verticles, which are not started yet.
   *
   * @param context the context of every verticle
   * @param address the prefix of their addresses
   * @param lanes the number of lanes, each with such a group
   */
  ProviderGroup(Context context, String address, int lanes, RelayOptions options) {
    this.context = context;
    this.address = address;
    BusSettings bus = RelayClient.settings(options.getBus());
    options
        .getBackends()
        .forEach(
            (name, backend) -> {
              if (!options.isHere(backend)) {
                return;
              }
              List<ApiKeyOptions> keys = backend.getApiKeys();
              // Idle connections of other lanes and keys would count towards a low connection
              // limit of the server.
              int clients = lanes * Math.max(1, keys.size());
              boolean keepAlive = backend.getMaxConnections() >= clients;
              String shared =
                  backend.getNode() == null
                      ? null
                      : ProviderVerticle.address(options.getBus().getPrefix(), name);
              if (keys.isEmpty()) {
                providers.add(
                    new ProviderVerticle(name, null, backend, address, bus, keepAlive, shared));
              }
              for (ApiKeyOptions key : keys) {
                BackendOptions withKey = backend.forKey(key);
                providers.add(
                    new ProviderVerticle(
                        name, key.getName(), withKey, address, bus, keepAlive, null));
              }
            });
  }

  /** Returns the prefix of the addresses. */
  String address() {
    return address;
  }

  /** Starts all verticles, or none if one fails. Must be called on the context. */
  Future<?> start() {
    return Future.join(providers.stream().map(provider -> start(provider, context)).toList())
        .recover(error -> stop().transform(stopped -> Future.failedFuture(error)));
  }

  /** Leaves the addresses for other nodes, without ending their requests. See {@link #isIdle}. */
  Future<?> leave() {
    return Future.join(providers.stream().map(ProviderVerticle::leave).toList());
  }

  /** Returns whether no request is being served, of this node or another. */
  boolean isIdle() {
    return providers.stream().allMatch(ProviderVerticle::isIdle);
  }

  /** Stops all verticles. Must be called on the context. */
  Future<CompositeFuture> stop() {
    return Future.join(providers.stream().map(each -> stop(each, context)).toList());
  }

  /** Starts a verticle on the given context; a deployment would create another context. */
  static Future<?> start(Deployable verticle, Context context) {
    try {
      return verticle.deploy(context);
    } catch (Exception e) {
      return Future.failedFuture(e);
    }
  }

  /** Stops a verticle that {@link #start(Deployable, Context)} started. */
  static Future<?> stop(Deployable verticle, Context context) {
    try {
      return verticle.undeploy(context);
    } catch (Exception e) {
      return Future.failedFuture(e);
    }
  }
}
