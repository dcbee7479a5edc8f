package io.llmrelay.availability;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Against a simulated server that answers as many requests at once as it has workers. */
class AdaptiveLimitTest {
  private final Random random = new Random(1);

  /** Serves requests, always as many at once as the limit allows. */
  private void load(AdaptiveLimit limit, int workers, int requests) {
    for (int i = 0; i < requests; i++) {
      int inUse = limit.current();
      double queued = Math.max(1, (double) inUse / workers);
      limit.served((long) (200 * queued * (0.7 + 0.6 * random.nextDouble())), inUse);
    }
  }

  @Test
  void findsWhatAServerCanServe() {
    AdaptiveLimit limit = new AdaptiveLimit(4_096);
    load(limit, 50, 20_000);
    assertThat(limit.current()).isBetween(25, 150);
  }

  @Test
  void isNeverAboveTheConfiguredLimit() {
    AdaptiveLimit limit = new AdaptiveLimit(20);
    load(limit, 1_000, 5_000);
    assertThat(limit.current()).isBetween(10, 20);
    assertThat(new AdaptiveLimit(1).current()).isEqualTo(1);
  }

  @Test
  void followsAServerThatBecomesSmallerAndLargerAgain() {
    AdaptiveLimit limit = new AdaptiveLimit(4_096);
    load(limit, 100, 30_000);
    int large = limit.current();
    load(limit, 10, 30_000);
    int small = limit.current();
    load(limit, 100, 60_000);
    assertThat(small).as("after %d", large).isBetween(2, 40);
    assertThat(limit.current()).isGreaterThan(small).isBetween(40, 300);
  }

  @Test
  void doesNotGrowWithoutUse() {
    AdaptiveLimit limit = new AdaptiveLimit(4_096);
    for (int i = 0; i < 5_000; i++) {
      limit.served(200, 1);
    }
    assertThat(limit.current()).isLessThanOrEqualTo(16);
  }

  @Test
  void refusalsReduceItOnceAWindow() {
    AdaptiveLimit limit = new AdaptiveLimit(100);
    int before = limit.current();
    limit.refused();
    int after = limit.current();
    limit.refused();
    assertThat(after).isLessThan(before);
    assertThat(limit.current()).isEqualTo(after);
  }

  @Test
  void slotsGrowAndShrinkWithIt() {
    AtomicLong now = new AtomicLong(1);
    Slots slots = new Slots(now::get);
    slots.limit(4_096, 10, true);
    int before = slots.max();
    for (int i = 0; i < 5_000; i++) {
      int held = 0;
      while (slots.tryAcquire()) {
        held++;
      }
      long begun = slots.begin();
      now.addAndGet(100);
      slots.served(begun);
      for (; held > 0; held--) {
        slots.release();
      }
    }
    assertThat(slots.max()).isGreaterThan(before);
    slots.limit(50, 10, false);
    assertThat(slots.max()).isEqualTo(50);
  }
}
