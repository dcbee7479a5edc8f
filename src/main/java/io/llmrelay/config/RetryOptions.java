package io.llmrelay.config;

import java.time.Duration;

/**
 * Retries of the same candidate. By default there are none: the next candidate is tried instead.
 */
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

  /** Returns the maximum number of retries of one candidate, 0 to 10. */
  public int getMax() {
    return max;
  }

  public RetryOptions setMax(int max) {
    this.max = max;
    return this;
  }

  /** Returns the delay before the first retry; it doubles with each retry, with jitter. */
  public Duration getBaseDelay() {
    return baseDelay;
  }

  public RetryOptions setBaseDelay(Duration baseDelay) {
    this.baseDelay = baseDelay;
    return this;
  }

  /** Returns the longest delay; a backend that requests a longer one is not retried. */
  public Duration getMaxDelay() {
    return maxDelay;
  }

  public RetryOptions setMaxDelay(Duration maxDelay) {
    this.maxDelay = maxDelay;
    return this;
  }
}
