package io.llmrelay;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** What is counted by the day or the month starts anew at midnight, UTC. */
public final class Midnight {
  private static final Duration NEAR = Duration.ofSeconds(60);

  private Midnight() {}

  /** Waits for the new day where it would begin while a test that counts is running. */
  public static void isNotNear() throws InterruptedException {
    Instant now = Clock.systemUTC().instant();
    Instant midnight = now.truncatedTo(ChronoUnit.DAYS).plus(1, ChronoUnit.DAYS);
    Duration left = Duration.between(now, midnight);
    if (left.compareTo(NEAR) < 0) {
      Thread.sleep(left.toMillis() + 100);
    }
  }
}
