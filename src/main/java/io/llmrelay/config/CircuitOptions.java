package io.llmrelay.config;

import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Objects;

/** The circuit breaker, which stops requests to a failing backend for some time. */
public class CircuitOptions {
  /** The default of {@link #getMaxFailures}. */
  public static final int DEFAULT_MAX_FAILURES = 5;

  /** The default of {@link #getResetTimeout}. */
  public static final Duration DEFAULT_RESET_TIMEOUT = Duration.ofSeconds(30);

  /** The default of {@link #getWindow}. */
  public static final Duration DEFAULT_WINDOW = Duration.ofSeconds(60);

  /** The default of {@link #getScope}. */
  public static final Scope DEFAULT_SCOPE = Scope.BACKEND;

  /** The default of {@link #getFailureRate}. */
  public static final double DEFAULT_FAILURE_RATE = 0.5;

  /** The default of {@link #getTrialTimeout}. */
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

  /** Creates options with the defaults. */
  public CircuitOptions() {}

  /** Creates a copy of other options. */
  public CircuitOptions(CircuitOptions other) {
    maxFailures = other.maxFailures;
    resetTimeout = other.resetTimeout;
    window = other.window;
    scope = other.scope;
    failureRate = other.failureRate;
    trialTimeout = other.trialTimeout;
  }

  /**
   * Creates options from JSON as {@link #toJson} writes it.
   *
   * @throws ConfigException if a key is unknown or a value has the wrong form
   */
  public CircuitOptions(JsonObject json) {
    this(ConfigReader.read(json, CircuitOptions.class));
  }

  /** Returns these options as JSON. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /**
   * Returns the minimum number of failures within the {@linkplain #getWindow() window} that opens
   * the circuit; the {@linkplain #getFailureRate() failure rate} must be reached as well. With a
   * value above 1000 the circuit never opens.
   */
  public int getMaxFailures() {
    return maxFailures;
  }

  /**
   * Sets the minimum number of failures within the {@linkplain #getWindow() window} that opens the
   * circuit.
   */
  public CircuitOptions setMaxFailures(int maxFailures) {
    this.maxFailures = maxFailures;
    return this;
  }

  /** Returns how long the circuit stays open before one trial request is permitted. */
  public Duration getResetTimeout() {
    return resetTimeout;
  }

  /** Sets how long the circuit stays open before one trial request is permitted. */
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

  /** Sets how long an outcome counts. */
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

  /**
   * Sets the minimum share of failures among the conclusive outcomes within the window that opens
   * the circuit, above 0 and at most 1.
   */
  public CircuitOptions setFailureRate(double failureRate) {
    this.failureRate = failureRate;
    return this;
  }

  /** Returns how long a half-open circuit waits for its trial request before permitting another. */
  public Duration getTrialTimeout() {
    return trialTimeout;
  }

  /** Sets how long a half-open circuit waits for its trial request before permitting another. */
  public CircuitOptions setTrialTimeout(Duration trialTimeout) {
    this.trialTimeout = trialTimeout;
    return this;
  }

  /** Returns the unit that has its own circuit. */
  public Scope getScope() {
    return scope;
  }

  /** Sets the unit that has its own circuit. */
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
