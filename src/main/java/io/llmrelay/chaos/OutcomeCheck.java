package io.llmrelay.chaos;

/** Compares the outcome of a request with its row, and records the deviations. */
record OutcomeCheck(Fixture fixture, Profile profile, Row row, String prefix) {
  /** The granularity of timers. */
  private static final int EARLY_MS = 10;

  /** Checks the outcome, and the state of the primary right afterwards. */
  void checkOutcome(Case request, Observation observed, BackendState state) {
    String outcome = observed.outcome();
    boolean resumed = isResumed(request);
    String expected = resumed ? "primary" : row.expected(request.streaming(), request.alone());
    if (!outcome.equals(expected)) {
      observed.deviations.add(0, outcome + " instead of " + expected);
    }
    if (outcome.startsWith("primary")) {
      observed.checkAnswer(row.hasReasoning(), row.hasUsage() && !resumed);
    }
    if (outcome.equals("saturated") && observed.retryAfterMs <= 0) {
      observed.deviations.add("no retry delay");
    }
    checkState(request, observed, state);
    long limit = limitMs(request);
    if (row.timesOut() && observed.durationMs() < limit - EARLY_MS) {
      observed.deviations.add("ended after " + observed.durationMs() + " ms, before the timeout");
    }
    if (observed.durationMs() > limit + profile.toleranceMs()) {
      observed.deviations.add("ended late, after " + observed.durationMs() + " ms");
    }
  }

  /** Returns whether the fallback is to continue what the primary has begun. */
  private boolean isResumed(Case request) {
    return profile.resumes() && row.breaksOff() && request.streaming() && !request.alone();
  }

  private void checkState(Case request, Observation observed, BackendState state) {
    String circuit = request.strict() ? row.circuit() : "closed";
    if (!state.circuit().equals(circuit)) {
      observed.deviations.add("the circuit is " + state.circuit() + " instead of " + circuit);
    }
    if (!matches(state.cooldown(), row.cooldown())) {
      observed.deviations.add(
          "the cooldown is " + state.cooldown() + " instead of " + row.cooldown());
    }
  }

  /** Compares cooldowns; part of the expected time may have passed. */
  private boolean matches(String cooldown, String expected) {
    if (cooldown.equals(expected)) {
      return true;
    }
    String[] actual = cooldown.split(" ");
    String[] wanted = expected.split(" ");
    if (actual.length != 2
        || wanted.length != 2
        || !actual[0].equals(wanted[0])
        || !actual[1].matches("\\d+")) {
      return false;
    }
    long seconds = Long.parseLong(actual[1]);
    long passed = wanted[1].equals("month") ? 0 : Long.parseLong(wanted[1]) - seconds;
    return passed >= 0 && passed * 1000 <= profile.toleranceMs();
  }

  /**
   * Checks after the end of all requests that there was one terminal signal, and no further call.
   */
  void checkFinally(Case request, Observation observed) {
    if (observed.signals != 1) {
      observed.deviations.add(observed.signals + " terminal signals");
    }
    int fallbacks = observed.outcome().equals("fallback") || isResumed(request) ? 1 : 0;
    checkCalls("the primary", prefix + request.name(), request, row.attempts(), observed);
    checkCalls("the fallback", prefix + "secondary", request, fallbacks, observed);
  }

  private void checkCalls(
      String role, String path, Case request, int expected, Observation observed) {
    long calls =
        fixture.sandbox().calls(path).stream()
            .filter(call -> call.body().encode().contains(request.name() + " faulty"))
            .count();
    if (calls != expected) {
      observed.deviations.add("%s got %d requests instead of %d".formatted(role, calls, expected));
    }
  }

  /** Checks that a healthy backend served the request after that of the row. */
  void checkNext(Observation observed, Observation next, BackendState state) {
    observed.deviations.addAll(next.deviations);
    boolean open = state.circuit().equals("open");
    if (!next.outcome().equals(open ? "fallback" : row.next())) {
      observed.deviations.add("a healthy request afterwards: " + next.outcome());
    } else if (next.durationMs() > profile.toleranceMs()) {
      observed.deviations.add("a healthy request afterwards: " + next.durationMs() + " ms");
    }
  }

  /**
   * Returns the timeout that ends a request, in milliseconds. Only a request without a fallback
   * waits for a slot.
   */
  long limitMs(Case request) {
    boolean none = row.timer() == null || ("queue".equals(row.timer()) && !request.alone());
    return none ? 0 : profile.limit(row.timer());
  }
}
