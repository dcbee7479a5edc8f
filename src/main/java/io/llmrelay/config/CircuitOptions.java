package io.llmrelay.config;

import java.time.Duration;
import java.util.Objects;

/** When a backend is not used for a while because it fails. */
public class CircuitOptions {
  public static final int DEFAULT_MAX_FAILURES = 5;
  public static final Duration DEFAULT_RESET_TIMEOUT = Duration.ofSeconds(30);
  public static final Duration DEFAULT_WINDOW = Duration.ofSeconds(60);
  public static final Scope DEFAULT_SCOPE = Scope.BACKEND;
  public static final double DEFAULT_FAILURE_RATE = 0.5;
  public static final Duration DEFAULT_TRIAL_TIMEOUT = Duration.ofSeconds(30);

  /** What has a circuit of its own. */
  public enum Scope {
    /** Each backend. */
    BACKEND,
    /** Each model of each backend. */
    MODEL
  }

  private int maxFailures = DEFAULT_MAX_FAILURES;
  private Duration resetTimeout = DEFAULT_RESET_TIMEOUT;
  private Duration window = DEFAULT_WINDOW;
  private Scope scope = DEFAULT_SCOPE;
  private double failureRate = DEFAULT_FAILURE_RATE;
  private Duration trialTimeout = DEFAULT_TRIAL_TIMEOUT;

  public CircuitOptions() {}

  public CircuitOptions(CircuitOptions other) {
    maxFailures = other.maxFailures;
    resetTimeout = other.resetTimeout;
    window = other.window;
    scope = other.scope;
    failureRate = other.failureRate;
    trialTimeout = other.trialTimeout;
  }

  /**
   * Least number of failures within the {@linkplain #getWindow() window} that open the circuit;
   * they must also reach the {@linkplain #getFailureRate() failure rate}. Above 1000 it never
   * opens.
   */
  public int getMaxFailures() {
    return maxFailures;
  }

  public CircuitOptions setMaxFailures(int maxFailures) {
    this.maxFailures = maxFailures;
    return this;
  }

  /** How long an open circuit waits before it lets one request through to see. */
  public Duration getResetTimeout() {
    return resetTimeout;
  }

  public CircuitOptions setResetTimeout(Duration resetTimeout) {
    this.resetTimeout = resetTimeout;
    return this;
  }

  /**
   * How long an outcome counts; at least a second. Only the last 100 outcomes count, or as many as
   * {@linkplain #getMaxFailures() failures} are needed if that is more.
   */
  public Duration getWindow() {
    return window;
  }

  public CircuitOptions setWindow(Duration window) {
    this.window = window;
    return this;
  }

  /**
   * Least share of failures among the conclusive outcomes within the window that opens the circuit,
   * above 0 and at most 1. Failures in a row for a sixth of the window, without any success, open
   * it whatever came before them.
   */
  public double getFailureRate() {
    return failureRate;
  }

  public CircuitOptions setFailureRate(double failureRate) {
    this.failureRate = failureRate;
    return this;
  }

  /** How long the trial request of a half-open circuit is waited for before another is let in. */
  public Duration getTrialTimeout() {
    return trialTimeout;
  }

  public CircuitOptions setTrialTimeout(Duration trialTimeout) {
    this.trialTimeout = trialTimeout;
    return this;
  }

  public Scope getScope() {
    return scope;
  }

  public CircuitOptions setScope(Scope scope) {
    this.scope = scope;
    return this;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CircuitOptions o
        && maxFailures == o.maxFailures
        && resetTimeout.equals(o.resetTimeout)
        && window.equals(o.window)
        && scope == o.scope
        && failureRate == o.failureRate
        && trialTimeout.equals(o.trialTimeout);
  }

  @Override
  public int hashCode() {
    return Objects.hash(maxFailures, resetTimeout, window, scope, failureRate, trialTimeout);
  }
}
