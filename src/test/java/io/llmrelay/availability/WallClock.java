package io.llmrelay.availability;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** A clock on the wall that is moved by hand. */
public final class WallClock implements InstantSource {
  private volatile Instant now;

  public WallClock(String at) {
    now = Instant.parse(at);
  }

  public WallClock set(String at) {
    now = Instant.parse(at);
    return this;
  }

  public WallClock advance(Duration by) {
    now = now.plus(by);
    return this;
  }

  @Override
  public Instant instant() {
    return now;
  }
}
