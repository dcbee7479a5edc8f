package io.llmrelay.availability;

import io.llmrelay.cluster.Sharing;
import io.llmrelay.config.BudgetOptions;
import io.llmrelay.observe.RelayEvent.BudgetThreshold;
import io.vertx.core.json.JsonObject;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The budgets of the gateway's keys, by the key's name. A request reserves its expected cost when
 * it is admitted and is counted with the cost of all its attempts when it ends. Thread-safe.
 */
public final class KeyBudgets {
  private final InstantSource clock;
  private final Consumer<BudgetThreshold> listener;
  private final Runnable changed;
  private final Sharing shared;
  private volatile Map<String, Budget> budgets = Map.of();

  KeyBudgets(
      InstantSource clock, Consumer<BudgetThreshold> listener, Runnable changed, Sharing shared) {
    this.shared = shared;
    this.clock = clock;
    this.listener = listener;
    this.changed = changed;
  }

  /** Replaces the limits; the use of a limit that remains is kept. */
  void configure(Map<String, BudgetOptions> keys) {
    Map<String, Budget> next = new LinkedHashMap<>();
    keys.forEach(
        (name, options) -> {
          Budget known = budgets.get(name);
          Budget budget =
              known == null ? new Budget("key " + name, null, clock, listener, changed) : known;
          budget.limit(options);
          budget.share(shared, "key " + name);
          next.put(name, budget);
        });
    budgets.forEach(
        (name, budget) -> {
          if (!next.containsKey(name)) {
            budget.share(shared, null);
          }
        });
    budgets = next;
  }

  /** The reservation of an admitted request; must be settled once. */
  public static final class Charge implements Entry {
    private final Budget budget;
    private final Cost expected;

    private Charge(Budget budget, Cost expected) {
      this.budget = budget;
      this.expected = expected;
    }

    /** Replaces the reservation by the actual cost. */
    public void settle(long tokens, Double costUsd) {
      budget.settle(expected, tokens, costUsd);
    }
  }

  /**
   * Reserves the expected cost of a request.
   *
   * @param key the key's name, or {@code null}
   * @return a {@link Charge}, or the {@link Skip} that says why the budget does not permit the
   *     request; {@code null} for a key without a budget
   */
  public Entry enter(String key, Cost expected) {
    Budget budget = key == null ? null : budgets.get(key);
    if (budget == null) {
      return null;
    }
    Skip skip = budget.enter(expected);
    return skip == null ? new Charge(budget, expected) : skip;
  }

  /** Returns the use of each limit by key: {@code {"my-app": {"daily-usd": {"used", "max"}}}}. */
  public JsonObject report() {
    JsonObject report = new JsonObject();
    budgets.forEach((name, budget) -> report.put(name, budget.report()));
    return report;
  }

  JsonObject toJson() {
    JsonObject json = new JsonObject();
    budgets.forEach((name, budget) -> json.put(name, budget.toJson()));
    return json;
  }

  /** Restores what {@link #toJson} wrote, as {@link Budget#restoring} does. */
  void restore(JsonObject saved, String node) {
    budgets.forEach(
        (name, budget) ->
            budget.restoring(saved.getJsonObject(name, new JsonObject()), node).run());
  }
}
