package io.llmrelay.observe;

/**
 * Hooks into requests, attempts and the state of backends.
 *
 * <p>A hook runs on the event loop of the lane that serves the request, or of whatever changed the
 * state of a backend, and must not block. Lanes have different event loops, so several threads may
 * call one listener at once: it must be thread-safe. An exception is logged and affects neither the
 * request nor other listeners.
 */
public interface RelayListener {
  default void onRequestStart(RelayEvent.RequestStart event) {}

  default void onAttemptStart(RelayEvent.AttemptStart event) {}

  default void onAttemptEnd(RelayEvent.AttemptEnd event) {}

  default void onFallback(RelayEvent.Fallback event) {}

  default void onFirstChunk(RelayEvent.FirstChunk event) {}

  /** Called exactly once for each request, when its stream is closed. */
  default void onRequestEnd(RelayEvent.RequestEnd event) {}

  /** Called before the end of an attempt whose backend sent frames that could not be parsed. */
  default void onSchemaDrift(RelayEvent.SchemaDrift event) {}

  default void onCircuitStateChange(RelayEvent.CircuitStateChange event) {}

  default void onExhausted(RelayEvent.Exhausted event) {}

  default void onBudgetThreshold(RelayEvent.BudgetThreshold event) {}
}
