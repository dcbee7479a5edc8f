package io.llmrelay.gateway.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.config.GatewayKeyOptions;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class KeyLimiterTest {
  private static final long SECOND = 1_000_000_000L;

  /** Values of {@link System#nanoTime} may be negative and pass zero. */
  private long now = -SECOND;

  private KeyLimiter limiter(Integer perMinute, Integer burst, Integer concurrent) {
    return new KeyLimiter("a", limits(perMinute, burst, concurrent), () -> now);
  }

  private static GatewayKeyOptions limits(Integer perMinute, Integer burst, Integer concurrent) {
    return new GatewayKeyOptions()
        .setRequestsPerMinute(perMinute)
        .setBurst(burst)
        .setMaxConcurrent(concurrent);
  }

  private int admitted(KeyLimiter limiter, int requests) {
    int admitted = 0;
    for (int i = 0; i < requests; i++) {
      if (limiter.tryAcquire() == null) {
        limiter.release();
        admitted++;
      }
    }
    return admitted;
  }

  @Test
  void bucketStartsFullAndRefills() {
    KeyLimiter limiter = limiter(60, 10, null);

    assertThat(admitted(limiter, 50)).isEqualTo(10);
    now += SECOND - 1;
    assertThat(admitted(limiter, 50)).isZero();
    now += 1;
    assertThat(admitted(limiter, 50)).isEqualTo(1);
    now += 5 * SECOND;
    assertThat(admitted(limiter, 50)).isEqualTo(5);
    now += 3600 * SECOND;
    assertThat(admitted(limiter, 50)).as("never more than one bucket").isEqualTo(10);
  }

  @Test
  void burstDefaultsToRequestsPerMinute() {
    KeyLimiter limiter = limiter(30, null, null);
    assertThat(admitted(limiter, 100)).isEqualTo(30);
    now += 60 * SECOND;
    assertThat(admitted(limiter, 100)).isEqualTo(30);
  }

  @Test
  void steadyCallerGetsTheRate() {
    KeyLimiter limiter = limiter(100, 1, null);
    int admitted = 0;
    for (int i = 0; i < 6000; i++) {
      now += SECOND / 10;
      admitted += admitted(limiter, 1);
    }
    assertThat(admitted).isBetween(990, 1001);
  }

  @Test
  void refusedRequestUsesNoTokenAndNoSlot() {
    KeyLimiter limiter = limiter(60, 1, 1);
    assertThat(limiter.tryAcquire()).isNull();
    now += SECOND;
    assertThat(limiter.tryAcquire()).as("concurrency limit").isNotNull();
    limiter.release();
    assertThat(limiter.tryAcquire()).as("token not used by the refused request").isNull();
    limiter.release();
    assertThat(limiter.tryAcquire()).as("token used").isNotNull();
    now += SECOND;
    assertThat(limiter.tryAcquire()).as("slot not used by the refused request").isNull();
  }

  @Test
  void updateKeepsUsage() {
    KeyLimiter limiter = limiter(60, 10, 5);
    assertThat(admitted(limiter, 50)).isEqualTo(10);
    limiter.tryAcquire();

    limiter.update(limits(60, 12, 5));
    assertThat(admitted(limiter, 50)).isEqualTo(2);

    limiter.update(limits(6000, 1, 5));
    now += SECOND / 10;
    assertThat(admitted(limiter, 50)).as("usage is cut to one new bucket").isEqualTo(1);

    limiter.update(limits(null, null, 1));
    assertThat(admitted(limiter, 50)).isEqualTo(50);
    limiter.tryAcquire();
    assertThat(admitted(limiter, 50)).isZero();
  }

  @Test
  void limitsHoldAcrossThreads() throws Exception {
    KeyLimiter limiter = limiter(1000, 1000, 3);
    AtomicInteger in = new AtomicInteger();
    AtomicInteger atOnce = new AtomicInteger();
    AtomicLong most = new AtomicLong();
    CountDownLatch done = new CountDownLatch(8);
    ExecutorService threads = Executors.newFixedThreadPool(8);
    for (int t = 0; t < 8; t++) {
      threads.execute(
          () -> {
            for (int i = 0; i < 20_000; i++) {
              if (limiter.tryAcquire() == null) {
                most.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
                in.incrementAndGet();
                atOnce.decrementAndGet();
                limiter.release();
              }
            }
            done.countDown();
          });
    }
    assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
    threads.shutdown();
    assertThat(in).hasValue(1000);
    assertThat(most.get()).isLessThanOrEqualTo(3);
  }
}
