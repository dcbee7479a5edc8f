package io.llmrelay.config;

import java.time.Duration;

/** When the relay itself counts as overloaded and refuses requests, those of low priority first. */
public class OverloadOptions {
  public static final Duration DEFAULT_MAX_LAG = Duration.ofSeconds(2);
  public static final double DEFAULT_MAX_HEAP = 0.95;

  private Duration maxLag = DEFAULT_MAX_LAG;
  private double maxHeap = DEFAULT_MAX_HEAP;

  public OverloadOptions() {}

  public OverloadOptions(OverloadOptions other) {
    maxLag = other.maxLag;
    maxHeap = other.maxHeap;
  }

  /**
   * Returns how late an event loop runs its timers, for two seconds, when requests of low priority
   * are refused; those of normal priority are at twice this lag.
   */
  public Duration getMaxLag() {
    return maxLag;
  }

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

  public OverloadOptions setMaxHeap(double maxHeap) {
    this.maxHeap = maxHeap;
    return this;
  }
}
