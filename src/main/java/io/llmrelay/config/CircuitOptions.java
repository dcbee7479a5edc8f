package io.llmrelay.config;

import java.time.Duration;
import java.util.Objects;

/** The circuit breaker, which stops requests to a failing backend for some time. */
public class CircuitOptions {
  public static final int DEFAULT_MAX_FAILURES = 5;
  public static final Duration DEFAULT_RESET_TIMEOUT = Duration.ofSeconds(30);
  public static final Duration DEFAULT_WINDOW = Duration.ofSeconds(60);
  public static final Scope DEFAULT_SCOPE = Scope.BACKEND;
  public static final double DEFAULT_FAILURE_RATE = 0.5;
  public static final Duration DEFAULT_TRIAL_TIMEOUT = Duration.ofSeconds(30);

  /** The unit that has its own circuit. */
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
   * Returns the minimum number of failures within the {@linkplain #getWindow() window} that opens
   * the circuit; the {@linkplain #getFailureRate() failure rate} must be reached as well. With a
   * value above 1000 the circuit never opens.
   */
  public int getMaxFailures() {
    return maxFailures;
  }

  public CircuitOptions setMaxFailures(int maxFailures) {
    this.maxFailures = maxFailures;
    return this;
  }

  /** Returns how long the circuit stays open before one trial request is permitted. */
  public Duration getResetTimeout() {
    return resetTimeout;
  }

  public CircuitOptions setResetTimeout(Duration resetTimeout) {
    this.resetTimeout = resetTimeout;
    return this;
  }

  /**
   * Returns how long an outcome counts; at least a second. At most the last 100 outcomes count, or
   * {@linkplain #getMaxFailures() max-failures} if that is more.
   */
  public Duration getWindow() {
    return window;
  }

  public CircuitOptions setWindow(Duration window) {
    this.window = window;
    return this;
  }

  /**
   * Returns the minimum share of failures among the conclusive outcomes within the window that
   * opens the circuit, above 0 and at most 1. Consecutive failures for a sixth of the window open
   * it regardless of earlier outcomes.
   */
  public double getFailureRate() {
    return failureRate;
  }

  public CircuitOptions setFailureRate(double failureRate) {
    this.failureRate = failureRate;
    return this;
  }

  /** Returns how long a half-open circuit waits for its trial request before permitting another. */
  public Duration getTrialTimeout() {
    return trialTimeout;
  }

  public CircuitOptions setTrialTimeout(Duration trialTimeout) {
    this.trialTimeout = trialTimeout;
    return this;
  }

  /** Returns the unit that has its own circuit. */
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
