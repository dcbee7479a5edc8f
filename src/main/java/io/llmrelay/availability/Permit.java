package io.llmrelay.availability;

import io.llmrelay.chat.TokenUsage;

/**
 * The right to make one attempt: a slot of the backend, the pass of its circuit and a reservation
 * from its budget. Must be {@linkplain #settle settled}; further calls have no effect.
 */
public final class Permit implements Entry {
  private final BackendState backend;
  private final String model;
  private final Circuit circuit;
  private final Circuit.Pass pass;
  private final Exhaustion.Trial trial;
  private final Cost reserved;
  private final long begunAt;
  private boolean settled;

  Permit(
      BackendState backend,
      String model,
      Circuit circuit,
      Circuit.Pass pass,
      Exhaustion.Trial trial,
      Cost reserved) {
    this.backend = backend;
    this.model = model;
    this.circuit = circuit;
    this.pass = pass;
    this.trial = trial;
    this.reserved = reserved;
    begunAt = backend.slots.begin();
  }

  /** Records the first chunk of the attempt, which proves the backend alive. */
  public void firstChunk() {
    circuit.firstChunk(pass);
    backend.concluded();
    backend.slots.served(begunAt);
    if (trial != null) {
      backend.exhaustion.end(trial);
    }
  }

  /** Records that the backend had more requests than it can serve. */
  public void overloaded() {
    backend.slots.refused();
  }

  /**
   * Records the end of the attempt.
   *
   * @param cooldown the cooldown it led to, or {@code null}
   */
  public void settle(Outcome outcome, Cooldown cooldown, TokenUsage usage, Double costUsd) {
    if (settled) {
      return; // An exception in the first call fails the request, which settles the permit again.
    }
    settled = true;
    try {
      if (outcome != Outcome.NEUTRAL) {
        backend.concluded();
      }
      if (outcome == Outcome.ALIVE && trial != null) {
        backend.exhaustion.end(trial);
      }
      if (cooldown != null) {
        backend.exhausted(model, cooldown);
      } else if (outcome == Outcome.ALIVE) {
        backend.attemptSucceeded();
      }
      circuit.settle(pass, outcome);
      if (reserved != null) {
        backend.budget.settle(reserved, usage, costUsd);
      }
    } finally {
      backend.slots.release();
    }
  }
}
