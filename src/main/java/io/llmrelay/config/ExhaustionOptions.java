package io.llmrelay.config;

import java.time.Duration;

/** Cooldowns that backends ask for. */
public class ExhaustionOptions {
  /** The longest month: that of a monthly quota. */
  public static final Duration DEFAULT_MAX = Duration.ofDays(31);

  private Duration max = DEFAULT_MAX;

  public ExhaustionOptions() {}

  public ExhaustionOptions(ExhaustionOptions other) {
    max = other.max;
  }

  /** The longest cooldown that is believed; a longer one is cut to it. */
  public Duration getMax() {
    return max;
  }

  public ExhaustionOptions setMax(Duration max) {
    this.max = max;
    return this;
  }
}
