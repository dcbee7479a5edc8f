package io.llmrelay.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.CommitPoint;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.Resume;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random walks through the machine: whatever comes in whatever order, the promises of a stream
 * hold. A walk is given by its seed, which stands in the message of a failure.
 */
class FailoverWalkTest {
  private static final int WALKS = 2_000;
  private static final int STEPS = 30;
  private static final String[] BACKENDS = {"a", "b", "c", "d"};
  private static final FailureKind[] KINDS = FailureKind.values();

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void thePromisesHold(long block) {
    for (long seed = block * WALKS; seed < (block + 1) * WALKS; seed++) {
      try {
        new Walk(new Random(seed)).run();
      } catch (AssertionError e) {
        throw new AssertionError("walk " + seed, e);
      }
    }
  }

  private static final class Walk {
    private final Random random;
    private final Rig rig;
    private final int maxRetries;
    private final MachineObserver observer = new MachineObserver();
    private int seen;

    Walk(Random random) {
      this.random = random;
      String[] backends = java.util.Arrays.copyOf(BACKENDS, 1 + random.nextInt(BACKENDS.length));
      maxRetries = random.nextInt(3);
      rig = Rig.of(backends).retries(maxRetries).latch(40);
      for (String backend : backends) {
        if (random.nextBoolean()) {
          rig.window(backend, 1_000 * (1 + random.nextInt(3)));
        }
      }
      CommitPoint[] points = {
        CommitPoint.FIRST_CHUNK,
        CommitPoint.FIRST_TEXT,
        CommitPoint.TOOL_CALLS,
        new CommitPoint(9),
        CommitPoint.COMPLETE
      };
      rig.commit(points[random.nextInt(points.length)]);
      if (random.nextBoolean()) {
        rig.hedging(random.nextInt(1_500), random.nextInt(3));
      }
      if (random.nextBoolean()) {
        rig.resuming(Resume.VERIFY);
      }
    }

    void run() {
      for (int i = 0; i < STEPS; i++) {
        step();
        check();
      }
      // Left alone, every run comes to its end.
      for (int i = 0; i < 100 && !rig.machine().terminal(); i++) {
        if (rig.machine().state() == Failover.State.PLANNING) {
          rig.start();
        } else {
          rig.after(Math.max(0, rig.untilNext())).timer();
        }
        check();
      }
      assertThat(observer.over).as("it ends").isTrue();
    }

    private void step() {
      rig.jitter = random.nextDouble();
      // An attempt that runs, mostly, or one that has ended, or has not begun.
      List<Integer> numbers = List.copyOf(observer.legs.keySet());
      rig.of(
          numbers.isEmpty() || random.nextInt(8) == 0
              ? 1 + random.nextInt(observer.number + 1)
              : numbers.get(random.nextInt(numbers.size())));
      rig.after(random.nextInt(4) == 0 ? random.nextInt(3_500) : random.nextInt(50));
      String backend = BACKENDS[random.nextInt(BACKENDS.length)];
      int wait = random.nextInt(3) == 0 ? -1 : random.nextInt(8_000);
      switch (random.nextInt(24)) {
        case 0, 1, 2 -> rig.start();
        case 3 -> rig.head();
        case 4, 5, 6, 7, 8 -> chunk();
        case 9 -> rig.end(FinishReason.STOP);
        case 10 -> rig.end(List.of(FinishReason.values()).get(random.nextInt(4)));
        case 11, 12, 13, 14 ->
            rig.fail(Failure.of(KINDS[random.nextInt(KINDS.length)], "so").withRetryAfterMs(wait));
        case 15, 16, 17 -> {
          rig.timer();
          if (!rig.machine().terminal()) {
            assertThat(rig.machine().deadline()).as("no timer is due twice").isGreaterThan(rig.now);
          }
        }
        case 18 -> rig.open(backend, wait);
        case 19 -> rig.exhausted(backend, FailureKind.RATE_LIMITED, wait);
        case 20, 21 -> rig.letIn(backend);
        case 22 -> {
          if (random.nextBoolean()) {
            rig.machine().consumerPaused();
          } else {
            rig.machine().consumerResumed();
          }
        }
        default -> {
          if (random.nextInt(4) == 0) {
            rig.cancel();
          }
        }
      }
    }

    private void chunk() {
      String text = "äbc".substring(0, 1 + random.nextInt(3));
      int before = rig.actions.size();
      MachineObserver.Leg leg = observer.legs.get(rig.current());
      if (leg == null || !leg.resumes || leg.spliced) {
        rig.chunk(text);
        observer.chunk(rig.current(), text, rig.actions.subList(before, rig.actions.size()));
      } else if (random.nextInt(3) > 0) {
        rig.skip(text);
      } else if (random.nextInt(3) > 0) {
        rig.splice();
      } else {
        rig.diverge();
      }
    }

    private void check() {
      List<Action> all = rig.actions;
      for (; seen < all.size(); seen++) {
        observer.see(all.get(seen));
      }
      observer.check(rig);
      int resumes = rig.resumption.isEmpty() ? 0 : 1;
      observer
          .attempts
          .values()
          .forEach(n -> assertThat(n).isLessThanOrEqualTo(1 + maxRetries + resumes));
    }
  }
}
