package io.llmrelay.availability;

import io.llmrelay.chat.RelayHints.Prefer;
import io.llmrelay.config.BudgetOptions;
import io.llmrelay.config.CircuitOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The settings of the availability.
 *
 * @param prefix the prefix of the relay's public addresses
 * @param providers the prefix of the addresses of the provider verticles that probe backends
 * @param backends the backends in the configured order
 * @param circuit the thresholds and the open time of circuits
 * @param maxWaiting the most requests that wait for a slot of one backend
 * @param maxExhaustion the upper bound of cooldowns that providers ask for
 * @param stateFile the file that keeps cooldowns, refused keys and spend across restarts, or {@code
 *     null}
 * @param keys the budgets of the gateway's keys by name
 * @param weights the weights in slot queues of the gateway's keys by name
 */
public record AvailabilitySettings(
    String prefix,
    String providers,
    List<Backend> backends,
    CircuitOptions circuit,
    int maxWaiting,
    Duration maxExhaustion,
    Path stateFile,
    Map<String, BudgetOptions> keys,
    Map<String, Integer> weights) {

  /** Creates settings without keys. */
  public AvailabilitySettings(
      String prefix,
      String providers,
      List<Backend> backends,
      CircuitOptions circuit,
      int maxWaiting,
      Duration maxExhaustion,
      Path stateFile) {
    this(
        prefix,
        providers,
        backends,
        circuit,
        maxWaiting,
        maxExhaustion,
        stateFile,
        Map.of(),
        Map.of());
  }

  /**
   * One backend.
   *
   * @param keys its keys, at least one
   * @param preferKey how one of several keys is chosen
   * @param maxConnections the most concurrent requests, over all lanes
   * @param budget the budget of all keys together, or {@code null}
   * @param adaptive whether fewer concurrent requests are made if the backend is slower with more
   * @param elsewhere the address at which other nodes of the cluster serve it; {@code null} if this
   *     node does
   */
  public record Backend(
      String name,
      List<Key> keys,
      Prefer preferKey,
      int maxConnections,
      BudgetOptions budget,
      boolean adaptive,
      String elsewhere) {

    /** Creates the settings of a backend of this node with one key, which has no name. */
    public Backend(String name, String account, int maxConnections, BudgetOptions budget) {
      this(
          name,
          List.of(new Key(null, account, 1, null, null)),
          Prefer.WEIGHT,
          maxConnections,
          budget,
          false,
          null);
    }
  }

  /**
   * A key of a backend.
   *
   * @param name the name; {@code null} if the backend has one key only, or none
   * @param account identifies the account at the provider: equal for equal base URL and key
   * @param weight the share relative to that of the backend's other keys
   * @param budget the budget of the key, or {@code null}
   * @param maxConnections the most concurrent requests with the key, over all lanes; {@code null}
   *     for as many as the backend has
   */
  public record Key(
      String name, String account, int weight, BudgetOptions budget, Integer maxConnections) {}

  /**
   * Returns the address of a provider verticle.
   *
   * @param account the backend, or {@code backend.key} for one of several keys
   */
  String provider(String account) {
    return backends.stream()
        .filter(each -> each.name().equals(account) && each.elsewhere() != null)
        .map(Backend::elsewhere)
        .findFirst()
        .orElse(providers + ".provider." + account);
  }
}
