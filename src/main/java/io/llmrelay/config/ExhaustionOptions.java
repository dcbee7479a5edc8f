package io.llmrelay.config;

import java.time.Duration;

/** Limits for the cooldowns that backends request. */
public class ExhaustionOptions {
  /** The default maximum of a cooldown: a month, for monthly quotas. */
  public static final Duration DEFAULT_MAX = Duration.ofDays(31);

  private Duration max = DEFAULT_MAX;

  public ExhaustionOptions() {}

  public ExhaustionOptions(ExhaustionOptions other) {
    max = other.max;
  }

  /** Returns the longest cooldown; a longer one is reduced to it. */
  public Duration getMax() {
    return max;
  }

  public ExhaustionOptions setMax(Duration max) {
    this.max = max;
    return this;
  }
}
