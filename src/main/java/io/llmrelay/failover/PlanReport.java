package io.llmrelay.failover;

import io.llmrelay.availability.Skip;
import io.llmrelay.chat.Plan;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Converts the planner's choices to the public {@link Plan}. */
final class PlanReport {
  private PlanReport() {}

  /**
   * Returns the candidates that would be tried, in order, followed by the others with the reasons.
   *
   * @param check returns the reason to skip a candidate now, or {@code null}
   */
  static Plan of(Planner.Choices planned, Function<Candidate, Skip> check) {
    List<Plan.Entry> tried = new ArrayList<>();
    List<Plan.Entry> skipped = new ArrayList<>();
    for (Planner.Choice choice : planned.choices()) {
      Candidate candidate = choice.candidate();
      Skip skip = check.apply(candidate);
      StringBuilder message = new StringBuilder();
      if (skip == null) {
        message.append("position ").append(tried.size() + 1).append(": ").append(choice.why());
        if (candidate.equals(planned.pinned())) {
          message.append(", affinity by ").append(planned.conversation().source().code());
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
}
