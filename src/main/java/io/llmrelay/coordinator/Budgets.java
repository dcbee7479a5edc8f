package io.llmrelay.coordinator;

import io.llmrelay.config.BudgetOptions;
import io.llmrelay.observe.RelayEvent.BudgetThreshold;
import io.vertx.core.json.JsonObject;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * The budgets of the backends that have one.
 *
 * <p>Every coordinator counts for itself and tells the others what it spent, so that several share
 * a budget approximately: each knows what the others' attempts took once they are over, but not
 * what they have under way. A budget may thus be passed by what the other coordinators have in
 * flight, and by what was lost on the bus or spent before one of them started.
 */
final class Budgets {
  private final Map<String, Budget> budgets = new LinkedHashMap<>();

  /**
   * Budgets of which nothing is used.
   *
   * @param options by backend; {@code null} for none
   * @param listener told when much or all of a limit is used
   * @param news told what was spent where
   */
  Budgets(
      Map<String, BudgetOptions> options,
      InstantSource clock,
      Consumer<BudgetThreshold> listener,
      BiConsumer<String, Spend> news) {
    options.forEach(
        (backend, limits) ->
            budgets.put(
                backend,
                new Budget(
                    backend, limits, clock, listener, spent -> news.accept(backend, spent))));
  }

  /** The budget of a backend, {@code null} if it has none. */
  Budget of(String backend) {
    return budgets.get(backend);
  }

  /** Another coordinator spent something at a backend. */
  void heard(String backend, Spend spent) {
    Budget budget = budgets.get(backend);
    if (budget != null) {
      budget.heard(spent);
    }
  }

  /** What is used, to be saved. */
  JsonObject toJson() {
    JsonObject json = new JsonObject();
    budgets.forEach((backend, budget) -> json.put(backend, budget.toJson()));
    return json;
  }

  /** What {@link #toJson} wrote; of backends that have no budget any more, nothing. */
  void restore(JsonObject json) {
    budgets.forEach(
        (backend, budget) -> budget.restore(json.getJsonObject(backend, new JsonObject())));
  }
}
