package io.llmrelay.observe.impl;

import io.llmrelay.chat.Attempt;
import io.llmrelay.observe.LogLine;
import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.RelayListener;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * A listener that logs a line for each request at its end, refused request, failed attempt, circuit
 * transition, cooldown, refused key, budget threshold, answer with unreadable frames and action of
 * an operator. No line has a key or a prompt.
 *
 * <p>The logger is {@value #NAME}. Each record has the message {@code {0}} and one {@link LogLine},
 * whose text is built by the log handler. The runnable jar's handler does that on a thread of its
 * own; elsewhere an asynchronous handler keeps slow outputs from blocking event loops.
 */
public final class RequestLog implements RelayListener {
  /** The name of the logger. */
  public static final String NAME = "io.llmrelay.requests";

  private static final Logger LOG = System.getLogger(NAME);

  private final boolean requests;

  /**
   * @param requests whether to log a line for each request, refused ones included; the other lines
   *     are always logged
   */
  public RequestLog(boolean requests) {
    this.requests = requests;
  }

  @Override
  public void onAttemptEnd(RelayEvent.AttemptEnd event) {
    if (event.attempt().result() == Attempt.Result.FAILED) {
      log(event);
    }
  }

  @Override
  public void onRequestEnd(RelayEvent.RequestEnd event) {
    if (requests) {
      log(event);
    }
  }

  @Override
  public void onRequestRefused(RelayEvent.RequestRefused event) {
    if (requests) {
      log(event);
    }
  }

  @Override
  public void onSchemaDrift(RelayEvent.SchemaDrift event) {
    log(event);
  }

  @Override
  public void onCircuitStateChange(RelayEvent.CircuitStateChange event) {
    log(event);
  }

  @Override
  public void onExhausted(RelayEvent.Exhausted event) {
    log(event);
  }

  @Override
  public void onBudgetThreshold(RelayEvent.BudgetThreshold event) {
    log(event);
  }

  @Override
  public void onOperatorAction(RelayEvent.OperatorAction event) {
    log(event);
  }

  @Override
  public void onHealthProbe(RelayEvent.HealthProbe event) {
    if (event.changed()) {
      log(event);
    }
  }

  private static void log(RelayEvent event) {
    Level level = LogLine.level(event);
    if (LOG.isLoggable(level)) {
      LOG.log(level, "{0}", LogLine.of(event));
    }
  }
}
