package io.llmrelay.observe.impl;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.LlmRequest;
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

  /** Whose spans have the content of requests and answers; {@code null} for none. */
  private final ContentRecorder recorder;

  private final int maxContent;

  /** Creates a listener that calls these in their order. */
  public Listeners(List<RelayListener> listeners) {
    this(listeners, 0);
  }

  /**
   * Creates a listener that calls these in their order.
   *
   * @param maxContent the longest attribute of content that the first {@link ContentRecorder} gets;
   *     0 if none gets any content
   */
  public Listeners(List<RelayListener> listeners, int maxContent) {
    this.listeners = List.copyOf(listeners);
    this.maxContent = maxContent;
    recorder =
        maxContent == 0
            ? null
            : listeners.stream()
                .filter(ContentRecorder.class::isInstance)
                .map(ContentRecorder.class::cast)
                .findFirst()
                .orElse(null);
  }

  /**
   * Records the content of a request at the span of an attempt that has started.
   *
   * @return what records the content of the answer; {@code null} if no content is recorded
   */
  public AttemptContent content(String requestId, int number, LlmRequest request) {
    return recorder != null
            && request instanceof ChatRequest chat
            && recorder.isRecording(requestId, number)
        ? AttemptContent.of(recorder, requestId, number, chat, maxContent)
        : null;
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
