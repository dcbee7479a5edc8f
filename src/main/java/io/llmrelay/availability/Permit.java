package io.llmrelay.availability;

import io.llmrelay.chat.TokenUsage;

/**
 * The right to make one attempt: a slot of the backend, the pass of its circuit and a reservation
 * from its budget. Must be {@linkplain #settle settled} once.
 */
public final class Permit implements Entry {
  private final BackendState backend;
  private final String model;
  private final Circuit circuit;
  private final Circuit.Pass pass;
  private final Exhaustion.Trial trial;
  private final Spend reserved;

  Permit(
      BackendState backend,
      String model,
      Circuit circuit,
      Circuit.Pass pass,
      Exhaustion.Trial trial,
      Spend reserved) {
    this.backend = backend;
    this.model = model;
    this.circuit = circuit;
    this.pass = pass;
    this.trial = trial;
    this.reserved = reserved;
  }

  /** The attempt gave its first chunk: the backend is alive. */
  public void answering() {
    circuit.answering(pass);
    if (trial != null) {
      backend.exhaustion.end(trial);
    }
  }

  /**
   * The attempt is over. What is learnt from it holds for whoever asks next.
   *
   * @param cooldown for how long something of the backend is not to be used, or {@code null}
   */
  public void settle(Outcome outcome, Cooldown cooldown, TokenUsage usage, Double costUsd) {
    try {
      if (outcome == Outcome.ALIVE && trial != null) {
        backend.exhaustion.end(trial);
      }
      if (cooldown != null) {
        backend.exhausted(model, cooldown);
      } else if (outcome == Outcome.ALIVE) {
        backend.served();
      }
      circuit.settle(pass, outcome);
      if (reserved != null) {
        backend.budget.leave(reserved, usage, costUsd);
      }
    } finally {
      backend.slots.release();
    }
  }
}
