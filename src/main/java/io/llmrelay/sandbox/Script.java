package io.llmrelay.sandbox;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The scenarios a backend goes through, one a request; the last one stays in force. */
final class Script {

  private final List<Scenario> scenarios;
  private final AtomicInteger next = new AtomicInteger();
  private final long setAt = System.nanoTime();

  Script(List<Scenario> scenarios) {
    if (scenarios.isEmpty()) {
      throw new IllegalArgumentException("a script needs at least one scenario");
    }
    this.scenarios = List.copyOf(scenarios);
  }

  Scenario next() {
    int last = scenarios.size() - 1;
    return inForce(scenarios.get(next.getAndUpdate(n -> Math.min(n + 1, last))));
  }

  /** What a scenario that depends on time comes to now; any other stands as it is. */
  Scenario inForce(Scenario scenario) {
    if (!scenario.kind().needsTime()) {
      return scenario;
    }
    long elapsed = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - setAt);
    long period = elapsed / scenario.option(Option.FOR, 1);
    boolean down = scenario.kind() == Kind.DOWN ? period == 0 : period % 2 == 0;
    return scenario.as(down ? Scenario.http(503) : Scenario.ok());
  }
}
