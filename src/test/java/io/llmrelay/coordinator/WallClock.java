package io.llmrelay.coordinator;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** A clock on the wall that is moved by hand. */
final class WallClock implements InstantSource {
  private volatile Instant now;

  WallClock(String at) {
    now = Instant.parse(at);
  }

  WallClock set(String at) {
    now = Instant.parse(at);
    return this;
  }

  WallClock advance(Duration by) {
    now = now.plus(by);
    return this;
  }

  @Override
  public Instant instant() {
    return now;
  }
}
