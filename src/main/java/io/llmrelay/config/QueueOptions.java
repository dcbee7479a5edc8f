package io.llmrelay.config;

import java.time.Duration;

/** Requests that wait for a free connection of a backend, where no other candidate has one. */
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

  /** Most requests that wait for one backend; one more is refused as saturated. 0: none waits. */
  public int getMax() {
    return max;
  }

  public QueueOptions setMax(int max) {
    this.max = max;
    return this;
  }

  /** The longest wait. */
  public Duration getWait() {
    return wait;
  }

  public QueueOptions setWait(Duration wait) {
    this.wait = wait;
    return this;
  }
}
