package io.llmrelay.observe;

/**
 * Hooks into requests, attempts and the state of backends.
 *
 * <p>A hook must not block: it is called on the event loop of the lane that serves the request or,
 * for the state of a backend, on the event loop that changed the state. Lanes have different event
 * loops, so a listener may be called by several threads at once and must be thread-safe. An
 * exception is logged and affects neither the request nor other listeners.
 */
public interface RelayListener {
  /**
   * Called when a request is accepted, before its first attempt, on the Vert.x context of the
   * message or caller that it came from. Its later events are delivered on a context of its own.
   */
  default void onRequestStart(RelayEvent.RequestStart event) {}

  /**
   * Called before a request is sent to a candidate, on a Vert.x context that is the attempt's own:
   * its context-local data apply to the HTTP request.
   */
  default void onAttemptStart(RelayEvent.AttemptStart event) {}

  /**
   * Called when an attempt has succeeded, failed or was cancelled, on the context of its {@link
   * #onAttemptStart}.
   */
  default void onAttemptEnd(RelayEvent.AttemptEnd event) {}

  /** Called before the attempt at another candidate than the previous one. */
  default void onFallback(RelayEvent.Fallback event) {}

  /** Called at the commit point, before the consumer gets its first chunk. */
  default void onFirstChunk(RelayEvent.FirstChunk event) {}

  /** Called when an answer that broke off is continued, before the consumer gets more of it. */
  default void onResumed(RelayEvent.Resumed event) {}

  /** Called exactly once for each request, when its stream ends. */
  default void onRequestEnd(RelayEvent.RequestEnd event) {}

  /** Called when a copy of a request has ended whose answer was discarded. */
  default void onShadowEnd(RelayEvent.ShadowEnd event) {}

  /** Called before the end of an attempt whose backend sent frames that could not be parsed. */
  default void onSchemaDrift(RelayEvent.SchemaDrift event) {}

  /** Called when a circuit opens, half-opens or closes. */
  default void onCircuitStateChange(RelayEvent.CircuitStateChange event) {}

  /** Called when a cooldown begins or is extended, and when a refused key is accepted again. */
  default void onExhausted(RelayEvent.Exhausted event) {}

  /** Called when a budget reaches its warning threshold, and when it is used up. */
  default void onBudgetThreshold(RelayEvent.BudgetThreshold event) {}

  /**
   * Called when the gateway has refused a request before any attempt. There is no {@link
   * #onRequestStart} for it.
   */
  default void onRequestRefused(RelayEvent.RequestRefused event) {}

  /** Called when an operator has acted on a backend, after the changes it made. */
  default void onOperatorAction(RelayEvent.OperatorAction event) {}

  /** Called after a probe of a backend at rest, when its outcome has been counted. */
  default void onHealthProbe(RelayEvent.HealthProbe event) {}
}
