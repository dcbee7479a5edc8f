package io.llmrelay.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.config.GatewayKeyOptions;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class AllowanceTest {
  private static final long SECOND = 1_000_000_000L;

  /** Clocks of this kind may be anywhere, and pass zero. */
  private long now = -SECOND;

  private Allowance allowance(Integer perMinute, Integer burst, Integer concurrent) {
    return new Allowance("a", limits(perMinute, burst, concurrent), now);
  }

  private static GatewayKeyOptions limits(Integer perMinute, Integer burst, Integer concurrent) {
    return new GatewayKeyOptions()
        .setRequestsPerMinute(perMinute)
        .setBurst(burst)
        .setMaxConcurrent(concurrent);
  }

  private int letIn(Allowance allowance, int requests) {
    int in = 0;
    for (int i = 0; i < requests; i++) {
      if (allowance.enter(now) == null) {
        allowance.leave();
        in++;
      }
    }
    return in;
  }

  @Test
  void aBucketIsFullAtFirstAndFillsWithTime() {
    Allowance allowance = allowance(60, 10, null);

    assertThat(letIn(allowance, 50)).isEqualTo(10);
    now += SECOND - 1;
    assertThat(letIn(allowance, 50)).isZero();
    now += 1;
    assertThat(letIn(allowance, 50)).isEqualTo(1);
    now += 5 * SECOND;
    assertThat(letIn(allowance, 50)).isEqualTo(5);
    now += 3600 * SECOND;
    assertThat(letIn(allowance, 50)).as("not more than a bucket").isEqualTo(10);
  }

  @Test
  void withoutABurstAMinutesWorthMayComeAtOnce() {
    Allowance allowance = allowance(30, null, null);
    assertThat(letIn(allowance, 100)).isEqualTo(30);
    now += 60 * SECOND;
    assertThat(letIn(allowance, 100)).isEqualTo(30);
  }

  @Test
  void aSteadyCallerGetsExactlyTheRate() {
    Allowance allowance = allowance(100, 1, null);
    int in = 0;
    for (int i = 0; i < 6000; i++) {
      now += SECOND / 10;
      in += letIn(allowance, 1);
    }
    assertThat(in).isBetween(990, 1001);
  }

  @Test
  void whoIsRefusedUsesNothingUp() {
    Allowance allowance = allowance(60, 1, 1);
    assertThat(allowance.enter(now)).isNull();
    now += SECOND;
    assertThat(allowance.enter(now)).as("one at a time").isNotNull();
    allowance.leave();
    assertThat(allowance.enter(now)).as("the token is still there").isNull();
    allowance.leave();
    assertThat(allowance.enter(now)).as("now the token is used").isNotNull();
    now += SECOND;
    assertThat(allowance.enter(now)).as("and its place was free").isNull();
  }

  @Test
  void newLimitsApplyToWhatWasUsed() {
    Allowance allowance = allowance(60, 10, 5);
    assertThat(letIn(allowance, 50)).isEqualTo(10);
    allowance.enter(now);

    allowance.update(limits(60, 12, 5), now);
    assertThat(letIn(allowance, 50)).isEqualTo(2);

    allowance.update(limits(6000, 1, 5), now);
    now += SECOND / 10;
    assertThat(letIn(allowance, 50)).as("an old debt is no longer than a new bucket").isEqualTo(1);

    allowance.update(limits(null, null, 1), now);
    assertThat(letIn(allowance, 50)).isEqualTo(50);
    allowance.enter(now);
    assertThat(letIn(allowance, 50)).isZero();
  }

  @Test
  void manyThreadsGetNoMoreThanOne() throws Exception {
    Allowance allowance = allowance(1000, 1000, 3);
    AtomicInteger in = new AtomicInteger();
    AtomicInteger atOnce = new AtomicInteger();
    AtomicLong most = new AtomicLong();
    CountDownLatch done = new CountDownLatch(8);
    ExecutorService threads = Executors.newFixedThreadPool(8);
    for (int t = 0; t < 8; t++) {
      threads.execute(
          () -> {
            for (int i = 0; i < 20_000; i++) {
              if (allowance.enter(now) == null) {
                most.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
                in.incrementAndGet();
                atOnce.decrementAndGet();
                allowance.leave();
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
