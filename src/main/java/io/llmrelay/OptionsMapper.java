package io.llmrelay;

import io.llmrelay.availability.AvailabilitySettings;
import io.llmrelay.catalog.Catalog;
import io.llmrelay.catalog.Model;
import io.llmrelay.chat.Hedge;
import io.llmrelay.chat.Resume;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.BudgetOptions;
import io.llmrelay.config.ModelOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.config.ShadowOptions;
import io.llmrelay.failover.Alias;
import io.llmrelay.failover.Backend;
import io.llmrelay.failover.CoordinatorSettings;
import io.llmrelay.failover.Limits;
import io.llmrelay.failover.RunSettings;
import io.llmrelay.failover.Scoped;
import io.llmrelay.provider.Dialects;
import io.llmrelay.provider.ProviderVerticle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Maps options to the settings of the coordinator and of the availability. */
final class OptionsMapper {
  private OptionsMapper() {}

  /**
   * Returns the settings of a coordinator.
   *
   * @param lane the prefix of its lane's addresses
   * @param providers the prefix of its provider verticles' addresses
   */
  static CoordinatorSettings coordinator(String lane, String providers, RelayOptions options) {
    List<Backend> backends = new ArrayList<>();
    options.getBackends().forEach((name, backend) -> backends.add(backend(name, backend, options)));
    return new CoordinatorSettings(
        options.getBus().getPrefix(),
        lane,
        providers,
        RelayClient.settings(options.getBus()),
        backends,
        options.getFallback(),
        aliases(options),
        options.getPrefer(),
        options.getAffinity(),
        new RunSettings(
            options.getCommit(),
            options.runTimeouts(),
            options.getRetries().getMax(),
            options.getRetries().getBaseDelay(),
            options.getRetries().getMaxDelay(),
            options.getQueue().getWait(),
            options.getLatch().getMaxSize(),
            new Scoped<>(
                options.getHedge().getAfter(), Hedge.OFF, Set.copyOf(options.getHedge().getOnly())),
            options.getHedge().getMaxRatio(),
            new Scoped<>(
                options.getResume().getMode(),
                Resume.OFF,
                Set.copyOf(options.getResume().getOnly())),
            options.getResume().getMaxSize(),
            options.getResume().getMaxMemory()),
        limits(options),
        catalog(options),
        options.getMaxRequests(),
        options.getOverload().getMaxLag(),
        options.getOverload().getMaxHeap());
  }

  private static Map<String, Alias> aliases(RelayOptions options) {
    Map<String, Alias> aliases = new LinkedHashMap<>();
    options
        .getAliases()
        .forEach(
            (name, alias) ->
                aliases.put(
                    name,
                    new Alias(
                        alias.getPrefer(),
                        alias.getCandidates().stream()
                            .map(
                                each ->
                                    new Alias.Member(
                                        each.getCandidate(), each.getWeight(), each.getTier()))
                            .toList(),
                        shadow(alias.getShadow()))));
    return aliases;
  }

  private static Alias.Shadow shadow(ShadowOptions shadow) {
    return shadow == null
        ? null
        : new Alias.Shadow(shadow.getCandidate(), shadow.getShare(), shadow.getMaxOpen());
  }

  private static Catalog catalog(RelayOptions options) {
    return Catalog.builtIn()
        .with(
            options.getCatalog().stream().map(ModelOptions::toJson).map(Model::fromJson).toList());
  }

  private static Backend backend(String name, BackendOptions options, RelayOptions all) {
    return new Backend(
        name,
        options.getProvider(),
        options.getDialect(),
        options.getModels(),
        options.getDefaultModel(),
        request -> Dialects.cannotServe(options, request),
        elsewhere(name, options, all),
        request -> Dialects.continues(options, request));
  }

  /** Returns the address of a backend that only other nodes can reach; {@code null} otherwise. */
  private static String elsewhere(String name, BackendOptions backend, RelayOptions options) {
    return options.isHere(backend)
        ? null
        : ProviderVerticle.address(options.getBus().getPrefix(), name);
  }

  /** Returns the limits of requests. A character takes up to four bytes of the latch. */
  private static Limits limits(RelayOptions options) {
    return new Limits(
        options.getLimits().timeouts(options.getTimeouts()),
        options.getLimits().getRetries(),
        options.getLimits().getCandidates(),
        Math.max(1, options.getLatch().getMaxSize() / 4));
  }

  /**
   * Returns the settings of the availability.
   *
   * @param providers the prefix of the addresses of the provider verticles to probe
   */
  static AvailabilitySettings availability(String providers, RelayOptions options) {
    List<AvailabilitySettings.Backend> backends = new ArrayList<>();
    options
        .getBackends()
        .forEach(
            (name, backend) ->
                backends.add(
                    new AvailabilitySettings.Backend(
                        name,
                        keys(backend),
                        backend.getPreferKey(),
                        backend.getMaxConnections(),
                        backend.getBudget(),
                        backend.isAdaptiveConcurrency(),
                        elsewhere(name, backend, options))));
    return new AvailabilitySettings(
        options.getBus().getPrefix(),
        providers,
        backends,
        options.getCircuit(),
        options.getQueue().getMax(),
        options.getExhaustion().getMax(),
        options.getStateFile() == null ? null : Path.of(options.getStateFile()),
        keyBudgets(options),
        weights(options));
  }

  private static Map<String, Integer> weights(RelayOptions options) {
    Map<String, Integer> weights = new HashMap<>();
    if (options.getGateway() != null) {
      options.getGateway().getKeys().forEach((name, key) -> weights.put(name, key.getWeight()));
    }
    return weights;
  }

  private static Map<String, BudgetOptions> keyBudgets(RelayOptions options) {
    Map<String, BudgetOptions> budgets = new HashMap<>();
    if (options.getGateway() != null) {
      options
          .getGateway()
          .getKeys()
          .forEach(
              (name, key) -> {
                if (key.getBudget() != null) {
                  budgets.put(name, key.getBudget());
                }
              });
    }
    return budgets;
  }

  private static List<AvailabilitySettings.Key> keys(BackendOptions backend) {
    if (backend.getApiKeys().isEmpty()) {
      return List.of(new AvailabilitySettings.Key(null, account(backend), 1, null, null));
    }
    return backend.getApiKeys().stream()
        .map(
            key ->
                new AvailabilitySettings.Key(
                    key.getName(),
                    account(backend.forKey(key)),
                    key.getWeight(),
                    key.getBudget(),
                    key.getMaxConnections()))
        .toList();
  }

  /**
   * Returns a hash that identifies the account and does not reveal the key. That of a backend of
   * certain nodes is identified by their name, since the other nodes do not have the key.
   */
  private static String account(BackendOptions backend) {
    String owner = backend.getNode() == null ? backend.getApiKey() : "\n" + backend.getNode();
    String account = backend.getBaseUrl() + "\n" + owner;
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(account.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // Every Java platform has SHA-256.
    }
  }

  /** Returns the provider of each backend, or the backend's name if it has none. */
  static Map<String, String> providers(RelayOptions options) {
    Map<String, String> providers = new HashMap<>();
    options
        .getBackends()
        .forEach(
            (name, backend) ->
                providers.put(name, backend.getProvider() == null ? name : backend.getProvider()));
    return providers;
  }
}
