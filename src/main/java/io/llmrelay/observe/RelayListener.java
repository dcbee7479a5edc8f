package io.llmrelay.observe;

/**
 * Hooks. They are called on the coordinator's event loop and must not block; what one throws is
 * logged and harms nobody else.
 */
public interface RelayListener {
  default void onRequestStart(RelayEvent.RequestStart event) {}

  default void onAttemptStart(RelayEvent.AttemptStart event) {}

  default void onAttemptEnd(RelayEvent.AttemptEnd event) {}

  default void onFallback(RelayEvent.Fallback event) {}

  default void onFirstChunk(RelayEvent.FirstChunk event) {}

  /** Exactly once for each request, when its stream is closed. */
  default void onRequestEnd(RelayEvent.RequestEnd event) {}

  /** Before the attempt's end, if its backend sent frames that could not be read. */
  default void onSchemaDrift(RelayEvent.SchemaDrift event) {}

  default void onCircuitStateChange(RelayEvent.CircuitStateChange event) {}

  default void onExhausted(RelayEvent.Exhausted event) {}
}
