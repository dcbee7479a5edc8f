package io.llmrelay.config;

import io.vertx.core.json.JsonObject;
import java.time.Duration;

/** Limits for the cooldowns that backends request. */
public class ExhaustionOptions {
  /** The default maximum of a cooldown: a month, for monthly quotas. */
  public static final Duration DEFAULT_MAX = Duration.ofDays(31);

  private Duration max = DEFAULT_MAX;

  /** Creates options with the defaults. */
  public ExhaustionOptions() {}

  /** Creates a copy of other options. */
  public ExhaustionOptions(ExhaustionOptions other) {
    max = other.max;
  }

  /**
   * Creates options from JSON as {@link #toJson} writes it.
   *
   * @throws ConfigException if a key is unknown or a value has the wrong form
   */
  public ExhaustionOptions(JsonObject json) {
    this(ConfigReader.read(json, ExhaustionOptions.class));
  }

  /** Returns these options as JSON. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /** Returns the longest cooldown; a longer one is reduced to it. */
  public Duration getMax() {
    return max;
  }

  /** Sets the longest cooldown. */
  public ExhaustionOptions setMax(Duration max) {
    this.max = max;
    return this;
  }
}
