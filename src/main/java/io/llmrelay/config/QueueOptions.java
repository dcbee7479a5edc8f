package io.llmrelay.config;

import io.vertx.core.json.JsonObject;
import java.time.Duration;

/** The queue of requests that wait for a free connection because no candidate has one. */
public class QueueOptions {
  /** The default of {@link #getMax}. */
  public static final int DEFAULT_MAX = 1_000;

  /** The default of {@link #getWait}. */
  public static final Duration DEFAULT_WAIT = Duration.ofSeconds(10);

  private int max = DEFAULT_MAX;
  private Duration wait = DEFAULT_WAIT;

  /** Creates options with the defaults. */
  public QueueOptions() {}

  /** Creates a copy of other options. */
  public QueueOptions(QueueOptions other) {
    max = other.max;
    wait = other.wait;
  }

  /**
   * Creates options from JSON as {@link #toJson} writes it.
   *
   * @throws ConfigException if a key is unknown or a value has the wrong form
   */
  public QueueOptions(JsonObject json) {
    this(ConfigReader.read(json, QueueOptions.class));
  }

  /** Returns these options as JSON. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /**
   * Returns the maximum length of each backend's queue; further requests are refused. 0: no queue.
   */
  public int getMax() {
    return max;
  }

  /** Sets the maximum length of each backend's queue. */
  public QueueOptions setMax(int max) {
    this.max = max;
    return this;
  }

  /** Returns the maximum time in the queue. */
  public Duration getWait() {
    return wait;
  }

  /** Sets the maximum time in the queue. */
  public QueueOptions setWait(Duration wait) {
    this.wait = wait;
    return this;
  }
}
