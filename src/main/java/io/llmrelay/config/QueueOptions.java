package io.llmrelay.config;

import java.time.Duration;

/** The queue of requests that wait for a free connection because no candidate has one. */
public class QueueOptions {
  public static final int DEFAULT_MAX = 1_000;
  public static final Duration DEFAULT_WAIT = Duration.ofSeconds(10);

  private int max = DEFAULT_MAX;
  private Duration wait = DEFAULT_WAIT;

  public QueueOptions() {}

  public QueueOptions(QueueOptions other) {
    max = other.max;
    wait = other.wait;
  }

  /**
   * Returns the maximum length of each backend's queue; further requests are refused. 0: no queue.
   */
  public int getMax() {
    return max;
  }

  public QueueOptions setMax(int max) {
    this.max = max;
    return this;
  }

  /** Returns the maximum time in the queue. */
  public Duration getWait() {
    return wait;
  }

  public QueueOptions setWait(Duration wait) {
    this.wait = wait;
    return this;
  }
}
