package io.llmrelay.failover;

import io.llmrelay.availability.Backends;
import io.llmrelay.availability.Skip;
import io.llmrelay.chat.Plan;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** What the coordinator tells about itself. */
final class Report {
  private Report() {}

  /** The plan for people: who would be tried, who not, and why. */
  static Plan plan(Planner.Choices planned, Function<Candidate, Skip> look) {
    List<Plan.Entry> tried = new ArrayList<>();
    List<Plan.Entry> skipped = new ArrayList<>();
    for (Planner.Choice choice : planned.choices()) {
      Candidate candidate = choice.candidate();
      Skip skip = look.apply(candidate);
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
    JsonArray backends = new JsonArray();
    int out = 0;
    int impaired = 0;
    for (Backend backend : settings.backends()) {
      Backends.Health health = setup.backends().health(backend.name());
      out += health.out() ? 1 : 0;
      impaired += health.impaired() ? 1 : 0;
      backends.add(
          new JsonObject()
              .put("name", backend.name())
              .put("dialect", backend.dialect())
              .put("models", new JsonArray(backend.models()))
              .put("default_model", backend.defaultModel())
              .put("available", !health.out())
              .mergeIn(health.details()));
    }
    boolean down = out == settings.backends().size();
    return new JsonObject()
        .put("status", down ? "down" : impaired > 0 ? "degraded" : "up")
        .put("requests", requests)
        .put("backends", backends)
        .put("aliases", new JsonArray(setup.planner().aliases()));
  }
}
