package io.llmrelay.config;

import java.time.Duration;

/** When a backend is left alone for a while. */
public class CircuitOptions {
  public static final int DEFAULT_MAX_FAILURES = 5;
  public static final Duration DEFAULT_RESET_TIMEOUT = Duration.ofSeconds(30);
  public static final Duration DEFAULT_WINDOW = Duration.ofSeconds(60);
  public static final Scope DEFAULT_SCOPE = Scope.BACKEND;

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

  public CircuitOptions() {}

  public CircuitOptions(CircuitOptions other) {
    maxFailures = other.maxFailures;
    resetTimeout = other.resetTimeout;
    window = other.window;
    scope = other.scope;
  }

  /** Failures in a row, within the {@linkplain #getWindow() window}, that open the circuit. */
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

  /** How long a failure counts; at least a second. */
  public Duration getWindow() {
    return window;
  }

  public CircuitOptions setWindow(Duration window) {
    this.window = window;
    return this;
  }

  public Scope getScope() {
    return scope;
  }

  public CircuitOptions setScope(Scope scope) {
    this.scope = scope;
    return this;
  }
}
