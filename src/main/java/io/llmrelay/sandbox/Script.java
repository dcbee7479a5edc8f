package io.llmrelay.sandbox;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The sequence of scenarios of a backend, one per request; the last one is repeated. */
final class Script {

  private final List<Scenario> scenarios;
  private final AtomicInteger next = new AtomicInteger();
  private final long createdAtNs = System.nanoTime();

  Script(List<Scenario> scenarios) {
    if (scenarios.isEmpty()) {
      throw new IllegalArgumentException("a script needs at least one scenario");
    }
    this.scenarios = List.copyOf(scenarios);
  }

  /** Returns the scenario of the next request. */
  Scenario next() {
    int last = scenarios.size() - 1;
    return resolve(scenarios.get(next.getAndUpdate(n -> Math.min(n + 1, last))));
  }

  /** Replaces a scenario that depends on time by the current one; returns any other unchanged. */
  Scenario resolve(Scenario scenario) {
    if (!scenario.kind().takesTime()) {
      return scenario;
    }
    long elapsed = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - createdAtNs);
    long period = elapsed / scenario.option(ScenarioOption.FOR, 1);
    boolean down = scenario.kind() == ScenarioKind.DOWN ? period == 0 : period % 2 == 0;
    return scenario.as(down ? Scenario.http(503) : Scenario.ok());
  }
}
