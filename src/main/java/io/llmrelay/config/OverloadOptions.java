package io.llmrelay.config;

import io.vertx.core.json.JsonObject;
import java.time.Duration;

/** When the relay itself counts as overloaded and refuses requests, those of low priority first. */
public class OverloadOptions {
  /** The default of {@link #getMaxLag}. */
  public static final Duration DEFAULT_MAX_LAG = Duration.ofSeconds(2);

  /** The default of {@link #getMaxHeap}. */
  public static final double DEFAULT_MAX_HEAP = 0.95;

  private Duration maxLag = DEFAULT_MAX_LAG;
  private double maxHeap = DEFAULT_MAX_HEAP;

  /** Creates options with the defaults. */
  public OverloadOptions() {}

  /** Creates a copy of other options. */
  public OverloadOptions(OverloadOptions other) {
    maxLag = other.maxLag;
    maxHeap = other.maxHeap;
  }

  /**
   * Creates options from JSON as {@link #toJson} writes it.
   *
   * @throws ConfigException if a key is unknown or a value has the wrong form
   */
  public OverloadOptions(JsonObject json) {
    this(ConfigReader.read(json, OverloadOptions.class));
  }

  /** Returns these options as JSON. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /**
   * Returns how late an event loop runs its timers, for two seconds, when requests of low priority
   * are refused; those of normal priority are at twice this lag.
   */
  public Duration getMaxLag() {
    return maxLag;
  }

  /**
   * Sets how late an event loop runs its timers, for two seconds, when requests of low priority are
   * refused.
   */
  public OverloadOptions setMaxLag(Duration maxLag) {
    this.maxLag = maxLag;
    return this;
  }

  /**
   * Returns the share of the heap in use, garbage included, for two seconds, at which requests of
   * low priority are refused; those of normal priority are halfway from here to a full heap. 1:
   * none are.
   */
  public double getMaxHeap() {
    return maxHeap;
  }

  /**
   * Sets the share of the heap in use, garbage included, for two seconds, at which requests of low
   * priority are refused.
   */
  public OverloadOptions setMaxHeap(double maxHeap) {
    this.maxHeap = maxHeap;
    return this;
  }
}
