package io.llmrelay.config;

import io.vertx.core.json.JsonObject;
import java.time.Duration;

/**
 * Retries of the same candidate. By default there are none: the next candidate is tried instead.
 */
public class RetryOptions {
  /** The default of {@link #getMax}. */
  public static final int DEFAULT_MAX = 0;

  /** The default of {@link #getBaseDelay}. */
  public static final Duration DEFAULT_BASE_DELAY = Duration.ofMillis(200);

  /** The default of {@link #getMaxDelay}. */
  public static final Duration DEFAULT_MAX_DELAY = Duration.ofSeconds(5);

  private int max = DEFAULT_MAX;
  private Duration baseDelay = DEFAULT_BASE_DELAY;
  private Duration maxDelay = DEFAULT_MAX_DELAY;

  /** Creates options with the defaults. */
  public RetryOptions() {}

  /** Creates a copy of other options. */
  public RetryOptions(RetryOptions other) {
    max = other.max;
    baseDelay = other.baseDelay;
    maxDelay = other.maxDelay;
  }

  /**
   * Creates options from JSON as {@link #toJson} writes it.
   *
   * @throws ConfigException if a key is unknown or a value has the wrong form
   */
  public RetryOptions(JsonObject json) {
    this(ConfigReader.read(json, RetryOptions.class));
  }

  /** Returns these options as JSON. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /** Returns the maximum number of retries of one candidate, 0 to 10. */
  public int getMax() {
    return max;
  }

  /** Sets the maximum number of retries of one candidate, 0 to 10. */
  public RetryOptions setMax(int max) {
    this.max = max;
    return this;
  }

  /** Returns the delay before the first retry; it doubles with each retry, with jitter. */
  public Duration getBaseDelay() {
    return baseDelay;
  }

  /** Sets the delay before the first retry. */
  public RetryOptions setBaseDelay(Duration baseDelay) {
    this.baseDelay = baseDelay;
    return this;
  }

  /** Returns the longest delay; a backend that requests a longer one is not retried. */
  public Duration getMaxDelay() {
    return maxDelay;
  }

  /** Sets the longest delay. */
  public RetryOptions setMaxDelay(Duration maxDelay) {
    this.maxDelay = maxDelay;
    return this;
  }
}
