package io.llmrelay.observe.impl;

import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.RelayListener;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;

/**
 * The listeners of a relay, each of which receives every event, in order. Exceptions and errors of
 * a listener are logged and reach neither the others nor the caller: a hook must not break a
 * stream.
 */
public final class Listeners {
  private static final Logger LOG = System.getLogger(Listeners.class.getName());

  private final List<RelayListener> listeners;

  /** Creates a listener that calls these in their order. */
  public Listeners(List<RelayListener> listeners) {
    this.listeners = List.copyOf(listeners);
  }

  /** Calls the hook of this event on every listener. Never throws. */
  public void deliver(RelayEvent event) {
    for (RelayListener listener : listeners) {
      try {
        call(listener, event);
      } catch (Throwable t) {
        LOG.log(
            Level.WARNING,
            "Listener "
                + listener.getClass().getName()
                + " failed at "
                + event.getClass().getSimpleName(),
            t);
      }
    }
  }

  private static void call(RelayListener listener, RelayEvent event) {
    if (event instanceof RelayEvent.RequestStart e) {
      listener.onRequestStart(e);
    } else if (event instanceof RelayEvent.AttemptStart e) {
      listener.onAttemptStart(e);
    } else if (event instanceof RelayEvent.AttemptEnd e) {
      listener.onAttemptEnd(e);
    } else if (event instanceof RelayEvent.Fallback e) {
      listener.onFallback(e);
    } else if (event instanceof RelayEvent.Resumed e) {
      listener.onResumed(e);
    } else if (event instanceof RelayEvent.FirstChunk e) {
      listener.onFirstChunk(e);
    } else if (event instanceof RelayEvent.RequestEnd e) {
      listener.onRequestEnd(e);
    } else if (event instanceof RelayEvent.ShadowEnd e) {
      listener.onShadowEnd(e);
    } else if (event instanceof RelayEvent.SchemaDrift e) {
      listener.onSchemaDrift(e);
    } else if (event instanceof RelayEvent.CircuitStateChange e) {
      listener.onCircuitStateChange(e);
    } else if (event instanceof RelayEvent.Exhausted e) {
      listener.onExhausted(e);
    } else if (event instanceof RelayEvent.BudgetThreshold e) {
      listener.onBudgetThreshold(e);
    } else if (event instanceof RelayEvent.RequestRefused e) {
      listener.onRequestRefused(e);
    } else if (event instanceof RelayEvent.OperatorAction e) {
      listener.onOperatorAction(e);
    } else if (event instanceof RelayEvent.HealthProbe e) {
      listener.onHealthProbe(e);
    } else {
      throw new AssertionError("no hook for " + event.getClass());
    }
  }
}
