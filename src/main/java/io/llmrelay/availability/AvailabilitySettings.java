package io.llmrelay.availability;

import io.llmrelay.config.BudgetOptions;
import io.llmrelay.config.CircuitOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The settings of the availability.
 *
 * @param prefix what the relay's public addresses start with
 * @param providers what the addresses of provider verticles that can be probed start with
 * @param backends in the configured order
 * @param circuit when circuits open, and for how long
 * @param maxWaiting the most requests that wait for a slot of one backend
 * @param maxExhaustion upper bound of cooldowns that providers ask for
 * @param stateFile the file that keeps cooldowns, refused keys and spend over a restart, or {@code
 *     null}
 */
public record AvailabilitySettings(
    String prefix,
    String providers,
    List<Backend> backends,
    CircuitOptions circuit,
    int maxWaiting,
    Duration maxExhaustion,
    Path stateFile) {

  /**
   * One backend.
   *
   * @param account identifies the account at the provider: equal for equal base URL and key
   * @param maxConnections the most requests open at once, over all lanes
   * @param budget {@code null} for none
   */
  public record Backend(String name, String account, int maxConnections, BudgetOptions budget) {}
}
