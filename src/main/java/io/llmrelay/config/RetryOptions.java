package io.llmrelay.config;

import java.time.Duration;

/** Retries of the same candidate; the next candidate is the better answer, so none by default. */
public class RetryOptions {
  public static final int DEFAULT_MAX = 0;
  public static final Duration DEFAULT_BASE_DELAY = Duration.ofMillis(200);
  public static final Duration DEFAULT_MAX_DELAY = Duration.ofSeconds(5);

  private int max = DEFAULT_MAX;
  private Duration baseDelay = DEFAULT_BASE_DELAY;
  private Duration maxDelay = DEFAULT_MAX_DELAY;

  public RetryOptions() {}

  public RetryOptions(RetryOptions other) {
    max = other.max;
    baseDelay = other.baseDelay;
    maxDelay = other.maxDelay;
  }

  /** How often the same candidate may be tried again, 0 to 10. */
  public int getMax() {
    return max;
  }

  public RetryOptions setMax(int max) {
    this.max = max;
    return this;
  }

  /** The wait before the first retry; it doubles with each one, with jitter. */
  public Duration getBaseDelay() {
    return baseDelay;
  }

  public RetryOptions setBaseDelay(Duration baseDelay) {
    this.baseDelay = baseDelay;
    return this;
  }

  /** The longest wait; a backend that asks for a longer one is not retried. */
  public Duration getMaxDelay() {
    return maxDelay;
  }

  public RetryOptions setMaxDelay(Duration maxDelay) {
    this.maxDelay = maxDelay;
    return this;
  }
}
