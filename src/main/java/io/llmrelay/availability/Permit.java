package io.llmrelay.availability;

import io.llmrelay.chat.TokenUsage;

/**
 * The right to make one attempt: slots of the backend and of one of its keys, the pass of its
 * circuit and reservations from the budgets. Must be {@linkplain #settle settled}; further calls
 * have no effect.
 */
public final class Permit implements Entry {
  private final BackendState backend;
  private final Account account;
  private final String model;
  private final Circuit circuit;
  private final Circuit.Pass pass;
  private final Exhaustion.Trial trial;
  private final Cost reserved;
  private final Cost reservedOfKey;
  private final boolean preferredKey;
  private final long startedAt;
  private final long begunAt;
  private boolean hasFirstChunk;
  private boolean settled;

  Permit(
      BackendState backend,
      Account account,
      String model,
      Circuit circuit,
      Circuit.Pass pass,
      Exhaustion.Trial trial,
      Cost reserved,
      Cost reservedOfKey,
      boolean preferredKey) {
    this.backend = backend;
    this.account = account;
    this.model = model;
    this.circuit = circuit;
    this.pass = pass;
    this.trial = trial;
    this.reserved = reserved;
    this.reservedOfKey = reservedOfKey;
    this.preferredKey = preferredKey;
    startedAt = backend.now();
    begunAt = backend.slots.begin();
  }

  /** Returns the name of the key to use; {@code null} if the backend has no more than one. */
  public String key() {
    return account.key;
  }

  /** Returns whether the key is the one that the conversation of the request is attached to. */
  public boolean hasPreferredKey() {
    return preferredKey;
  }

  boolean uses(Account account) {
    return this.account == account;
  }

  /** Returns the name of the backend and, after a dot, of the key, if it has one. */
  String accountName() {
    return account.name;
  }

  /** Records the first chunk of the attempt, which proves the backend alive. */
  public void firstChunk() {
    hasFirstChunk = true;
    Latency latency = backend.latency(model);
    if (latency != null) {
      long now = backend.now();
      latency.add(now - startedAt, now);
    }
    circuit.firstChunk(pass);
    backend.concluded();
    backend.slots.served(begunAt);
    if (trial != null) {
      account.exhaustion.end(trial);
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
        account.exhaustion.end(trial);
      }
      if (cooldown != null) {
        backend.exhausted(account, model, cooldown);
      } else if (outcome == Outcome.ALIVE) {
        backend.attemptSucceeded(account);
      }
      if (outcome == Outcome.FAILURE && !hasFirstChunk) {
        addFailedLatency();
      }
      circuit.settle(pass, outcome);
      if (reserved != null) {
        backend.budget.settle(reserved, usage, costUsd);
      }
      if (reservedOfKey != null) {
        account.budget.settle(reservedOfKey, usage, costUsd);
      }
    } finally {
      account.slots.release();
      backend.slots.release();
    }
  }

  private void addFailedLatency() {
    Latency latency = backend.latency(model);
    if (latency != null) {
      long now = backend.now();
      latency.addFailure(now - startedAt, now);
    }
  }
}
