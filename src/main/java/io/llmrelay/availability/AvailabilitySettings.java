package io.llmrelay.availability;

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
   * @param account identifies the account at the provider: equal for equal base URL and key
   * @param maxConnections the most concurrent requests, over all lanes
   * @param budget the budget, or {@code null}
   * @param adaptive whether fewer concurrent requests are made if the backend is slower with more
   * @param elsewhere the address at which other nodes of the cluster serve it; {@code null} if this
   *     node does
   */
  public record Backend(
      String name,
      String account,
      int maxConnections,
      BudgetOptions budget,
      boolean adaptive,
      String elsewhere) {
    /** Creates a backend of this node. */
    public Backend(String name, String account, int maxConnections, BudgetOptions budget) {
      this(name, account, maxConnections, budget, false, null);
    }
  }

  /** Returns the address of the provider verticle of a backend. */
  String provider(String backend) {
    return backends.stream()
        .filter(each -> each.name().equals(backend) && each.elsewhere() != null)
        .map(Backend::elsewhere)
        .findFirst()
        .orElse(providers + ".provider." + backend);
  }
}
