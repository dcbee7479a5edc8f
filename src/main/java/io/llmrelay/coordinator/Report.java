package io.llmrelay.coordinator;

import io.llmrelay.chat.Plan;
import io.llmrelay.observe.RelayEvent.CircuitState;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** What the coordinator tells about itself. */
final class Report {
  private Report() {}

  /** The plan for people: who would be tried, who not, and why. */
  static Plan plan(Planner.Choices planned, Function<Candidate, Gate.Skip> look) {
    List<Plan.Entry> tried = new ArrayList<>();
    List<Plan.Entry> skipped = new ArrayList<>();
    for (Planner.Choice choice : planned.choices()) {
      Candidate candidate = choice.candidate();
      Gate.Skip skip = look.apply(candidate);
      StringBuilder message = new StringBuilder();
      if (skip == null) {
        message.append("number ").append(tried.size() + 1).append(": ").append(choice.why());
        if (planned.cheapestFirst()) {
          message.append(choice.costUsd() == null ? ", price unknown" : ", cheapest first");
        }
      } else {
        message.append(skip.message());
      }
      if (candidate.warning() != null) {
        message.append("; ").append(candidate.warning());
      }
      Plan.Entry entry =
          new Plan.Entry(
              candidate.backend(),
              candidate.model(),
              skip == null ? null : skip.reason(),
              message.toString(),
              skip == null ? -1 : skip.availableInMs(),
              choice.costUsd());
      (skip == null ? tried : skipped).add(entry);
    }
    for (Planner.LeftOut out : planned.leftOut()) {
      Candidate candidate = out.candidate();
      skipped.add(
          new Plan.Entry(
              candidate.backend(), candidate.model(), out.reason(), out.message(), -1, null));
    }
    tried.addAll(skipped);
    return new Plan(tried);
  }

  /**
   * The state of every backend: {@code up}, {@code degraded} (some out) or {@code down} (all out).
   */
  static JsonObject health(Setup setup, int requests) {
    CoordinatorSettings settings = setup.settings();
    Availability availability = setup.availability();
    Exhaustion exhaustion = availability.exhaustion();
    Map<String, CircuitState> states = availability.circuits().states();
    Map<String, Long> waits = exhaustion.remaining();
    JsonArray backends = new JsonArray();
    int out = 0;
    int impaired = 0;
    for (Backend backend : settings.backends()) {
      JsonObject circuit = new JsonObject();
      JsonObject exhausted = new JsonObject();
      states.forEach((key, state) -> putIfOf(backend, key, state.code(), circuit));
      waits.forEach((key, ms) -> putIfOf(backend, key, ms, exhausted));
      boolean open = CircuitState.OPEN.code().equals(circuit.getString(backend.name()));
      Budget budget = availability.budgets().of(backend.name());
      boolean isOut =
          open || exhausted.containsKey(backend.name()) || (budget != null && budget.spent());
      boolean isImpaired =
          isOut
              || !exhausted.isEmpty()
              || circuit.getMap().containsValue(CircuitState.OPEN.code())
              || (budget != null && budget.tight());
      out += isOut ? 1 : 0;
      impaired += isImpaired ? 1 : 0;
      JsonObject report =
          new JsonObject()
              .put("name", backend.name())
              .put("dialect", backend.dialect())
              .put("models", new JsonArray(backend.models()))
              .put("default_model", backend.defaultModel())
              .put("available", !isOut)
              .put("circuit", circuit)
              .put("exhausted", exhausted);
      if (exhaustion.refused(backend.name())) {
        report.put("key", "refused");
      }
      if (budget != null) {
        report.put("budget", budget.report());
      }
      backends.add(report);
    }
    boolean down = out == settings.backends().size();
    return new JsonObject()
        .put("status", down ? "down" : impaired > 0 ? "degraded" : "up")
        .put("requests", requests)
        .put("backends", backends)
        .put("aliases", new JsonArray(setup.planner().aliases()));
  }

  private static void putIfOf(Backend backend, String key, Object value, JsonObject into) {
    if (key.equals(backend.name()) || key.startsWith(backend.name() + "/")) {
      into.put(key, value);
    }
  }
}
