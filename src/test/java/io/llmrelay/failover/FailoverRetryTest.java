package io.llmrelay.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.SkipReason;
import java.util.Collections;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Retries of the same candidate, and candidates that are skipped. */
class FailoverRetryTest {

  private static Failure failure(FailureKind kind, long retryAfterMs) {
    return Failure.of(kind, "it said so").withRetryAfterMs(retryAfterMs);
  }

  @Nested
  class Retries {
    @Test
    void areOffByDefault() {
      Rig rig = Rig.of("a").started();
      assertThat(rig.fail(failure(FailureKind.OVERLOADED, 1))).endsWith("fail overloaded");
      assertThat(rig.failure().retryAfterMs()).isEqualTo(1);
    }

    @Test
    void goToTheSameCandidateFirst() {
      Rig rig = Rig.of("a", "b").retries(1).started();
      assertThat(rig.fail(FailureKind.OVERLOADED)).containsExactly("ended 1 a FAILURE overloaded");
      rig.is(Failover.State.WAITING);
      assertThat(rig.next()).containsExactly("start 2 a");
      assertThat(rig.fail(FailureKind.OVERLOADED))
          .containsExactly("ended 2 a FAILURE overloaded", "a > b overloaded", "start 3 b");
      assertThat(rig.trail())
          .extracting(Attempt::backend, Attempt::reason)
          .containsExactly(
              org.assertj.core.groups.Tuple.tuple("a", "overloaded"),
              org.assertj.core.groups.Tuple.tuple("a", "overloaded"));
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "1, 2", "2, 3", "10, 11"})
    void areAsManyAsConfigured(int max, int attempts) {
      Rig rig = Rig.of("a").retries(max).started();
      for (int i = 1; i < attempts; i++) {
        rig.fail(FailureKind.NETWORK);
        assertThat(rig.next()).containsExactly("start " + (i + 1) + " a");
      }
      assertThat(rig.fail(FailureKind.NETWORK)).endsWith("fail network");
      assertThat(rig.trail()).hasSize(attempts);
    }

    @Test
    void areCountedForEachCandidate() {
      Rig rig = Rig.of("a", "b").retries(2).started();
      while (!rig.machine().terminal()) {
        rig.fail(FailureKind.SERVER_ERROR);
        if (!rig.machine().terminal() && rig.machine().state() == Failover.State.WAITING) {
          rig.next();
        }
      }
      assertThat(rig.attempted()).containsExactly("a", "a", "a", "b", "b", "b");
    }

    @ParameterizedTest
    @EnumSource
    void areMadeForTheKindsTheTableSays(FailureKind kind) {
      Rig rig = Rig.of("a", "b").retries(1).started();
      rig.fail(kind);
      boolean sameAgain = FailureRule.of(kind).retry() && kind != FailureKind.TIMEOUT;
      assertThat(rig.machine().state() == Failover.State.WAITING).isEqualTo(sameAgain);
    }

    @Test
    void honourRetryAfter() {
      Rig rig = Rig.of("a", "b").retries(1).started();
      rig.fail(failure(FailureKind.RATE_LIMITED, 4_321));
      assertThat(rig.untilNext()).isEqualTo(4_321);
      assertThat(rig.next()).containsExactly("start 2 a");
      assertThat(rig.admission).last().isEqualTo("enter a waited");
    }

    @Test
    void waitAtLeastTheBackOff() {
      Rig rig = Rig.of("a", "b").retries(1).started();
      rig.jitter = 1;
      rig.fail(failure(FailureKind.RATE_LIMITED, 3));
      assertThat(rig.untilNext()).isEqualTo(100);
    }

    @Test
    void doNotWaitLongerThanTheMaximum() {
      Rig rig = Rig.of("a", "b").retries(1).started();
      assertThat(rig.fail(failure(FailureKind.RATE_LIMITED, 5_001))).endsWith("start 2 b");
      Rig just = Rig.of("a", "b").retries(1).started();
      just.fail(failure(FailureKind.RATE_LIMITED, 5_000));
      assertThat(just.untilNext()).isEqualTo(5_000);
    }

    /** 100 ms, doubled each time up to 5 s; half of it fixed, half of it jitter. */
    @ParameterizedTest
    @CsvSource({"0, 50, 100, 200, 400, 800, 1600, 2500", "1, 100, 200, 400, 800, 1600, 3200, 5000"})
    void backOff(double jitter, long d1, long d2, long d3, long d4, long d5, long d6, long d7) {
      Rig rig = Rig.of("a").retries(10).started();
      rig.jitter = jitter;
      for (long delay : new long[] {d1, d2, d3, d4, d5, d6, d7, d7}) {
        rig.fail(FailureKind.NETWORK);
        assertThat(rig.untilNext()).isEqualTo(delay);
        rig.next();
      }
    }

    @Test
    void neverRetryATimeoutWhileAnotherIsLeft() {
      Rig rig = Rig.of("a", "b").retries(2).started();
      assertThat(rig.next()).endsWith("start 2 b");
      assertThat(rig.fail(FailureKind.TIMEOUT)).as("the last chance").hasSize(1);
      rig.is(Failover.State.WAITING);
    }

    @Test
    void giveTheSoonestALastChance() {
      Rig rig = Rig.of("a", "b", "c").retries(1).started();
      rig.fail(failure(FailureKind.TIMEOUT, 3_000));
      rig.fail(failure(FailureKind.TIMEOUT, 2_000));
      rig.fail(failure(FailureKind.TIMEOUT, 4_000));
      assertThat(rig.untilNext()).isEqualTo(2_000);
      assertThat(rig.next()).containsExactly("c > b timeout", "start 4 b");
      assertThat(rig.fail(FailureKind.TIMEOUT)).endsWith("fail timeout");
    }

    /** As many last chances as retries, and none to a candidate that had all of its own. */
    @Test
    void giveNoMoreLastChancesThanRetries() {
      Rig rig = Rig.of("a", "b", "c").retries(2).started();
      for (int i = 0; i < 2; i++) {
        rig.fail(FailureKind.NETWORK);
        rig.next();
      }
      while (!rig.machine().terminal()) {
        rig.next();
      }
      assertThat(rig.attempted()).containsExactly("a", "a", "a", "b", "c", "b", "c");
      assertThat(rig.failure().kind()).isEqualTo(FailureKind.UNAVAILABLE);
    }

    @Test
    void neverGoToACandidateThatCannotBeRetried() {
      Rig rig = Rig.of("a", "b").retries(3).started();
      rig.fail(failure(FailureKind.QUOTA_EXHAUSTED, 10));
      assertThat(rig.fail(FailureKind.AUTHENTICATION)).endsWith("fail unavailable");
      assertThat(rig.failure().retryAfterMs()).isEqualTo(10);
    }

    @Test
    void neverGoBackToACandidateThatRefusedOurKeyAfterItWasWaitedFor() {
      Rig rig = Rig.of("a").retries(3).open("a", 1_000);
      assertThat(rig.start()).isEmpty();
      rig.letIn("a");
      assertThat(rig.next()).containsExactly("start 1 a");
      assertThat(rig.fail(FailureKind.AUTHENTICATION)).endsWith("fail authentication");
      assertThat(rig.attempted()).containsExactly("a");
    }

    @Test
    void neverGoBackToAWindowThatIsTooSmall() {
      Rig rig = Rig.of("a", "b").window("a", 4_000).window("b", 8_000).retries(1).started();
      rig.fail(FailureKind.TIMEOUT);
      assertThat(rig.fail(FailureKind.CONTEXT_LENGTH)).endsWith("fail timeout");
    }

    @Test
    void neverGoBeyondTheWholeBudget() {
      Rig rig = Rig.of("a", "b").retries(1).started();
      rig.head();
      rig.after(Rig.TOTAL - 2_000);
      assertThat(rig.fail(failure(FailureKind.RATE_LIMITED, 2_000))).endsWith("start 2 b");
      assertThat(rig.fail(failure(FailureKind.RATE_LIMITED, 1_999))).hasSize(1);
      assertThat(rig.next()).containsExactly("start 3 b");
      assertThat(rig.after(1).timer()).endsWith("fail timeout");
    }

    @Test
    void keepWaitingWhileLateFramesOfTheFailedAttemptArrive() {
      Rig rig = Rig.of("a").retries(1).started();
      rig.fail(FailureKind.NETWORK);
      rig.head();
      assertThat(rig.chunk("late")).isEmpty();
      assertThat(rig.fail(FailureKind.NETWORK)).isEmpty();
      assertThat(rig.next()).containsExactly("start 2 a");
      assertThat(rig.untilNext()).isEqualTo(Rig.HEAD);
    }

    @Test
    void goOnToTheNextCandidateWhereTheGateHasClosedMeanwhile() {
      Rig rig = Rig.of("a", "b", "c").retries(1).started();
      rig.fail(FailureKind.OVERLOADED);
      rig.open("a", 30_000);
      assertThat(rig.next()).containsExactly("a > b circuit_open", "start 2 b");
      assertThat(rig.admission)
          .containsExactly("enter a", "leave a FAILURE overloaded", "enter a waited", "enter b");
    }

    /** Nothing must be done twice where several candidates in a row are skipped after a wait. */
    @Test
    void goOnPastEveryClosedGate() {
      Rig rig = Rig.of("a", "b", "c", "d").retries(1).started();
      rig.fail(FailureKind.OVERLOADED);
      rig.open("a", 30_000).open("b", 30_000);
      assertThat(rig.next()).containsExactly("b > c circuit_open", "start 2 c");
      assertThat(rig.attempted()).containsExactly("a", "c");
    }

    @Test
    void failOnceWhereEveryGateHasClosedMeanwhile() {
      Rig rig = Rig.of("a", "b", "c").retries(1).started();
      rig.fail(FailureKind.OVERLOADED);
      rig.open("a", 30_000).open("b", 20_000).open("c", -1);
      assertThat(rig.next()).containsExactly("fail overloaded");
      assertThat(rig.failure().retryAfterMs()).isEqualTo(20_000);
    }
  }

  @Nested
  class Skips {
    @Test
    void standInTheTrail() {
      Rig rig =
          Rig.of("a", "b", "c").open("a", 7_000).exhausted("b", FailureKind.RATE_LIMITED, 9_000);
      assertThat(rig.start()).containsExactly("b > c exhausted", "start 1 c");
      assertThat(rig.trail())
          .containsExactly(
              Attempt.skipped("a", "m", SkipReason.CIRCUIT_OPEN, "circuit open", 0),
              Attempt.skipped("b", "m", SkipReason.EXHAUSTED, "rate_limited, later", 0));
    }

    @Test
    void ofAllCandidatesFailAtOnceAndSayWhenTheFirstComesBack() {
      Rig rig =
          Rig.of("a", "b", "c")
              .open("a", 7_000)
              .exhausted("b", FailureKind.RATE_LIMITED, 5_000)
              .open("c", -1);
      assertThat(rig.start()).containsExactly("fail unavailable");
      assertThat(rig.failure().retryAfterMs()).isEqualTo(5_000);
      assertThat(rig.failure().trail()).hasSize(3);
      assertThat(rig.failure().message())
          .isEqualTo(
              "no backend could serve the request: a/m skipped (circuit_open),"
                  + " b/m skipped (exhausted), c/m skipped (circuit_open)");
      assertThat(rig.failure().backend()).isNull();
    }

    @Test
    void ofOneKindGiveTheFailureThatKind() {
      Rig rig =
          Rig.of("a", "b")
              .exhausted("a", FailureKind.QUOTA_EXHAUSTED, 90_000)
              .exhausted("b", FailureKind.QUOTA_EXHAUSTED, 80_000);
      assertThat(rig.start()).containsExactly("fail quota_exhausted");
      assertThat(rig.failure().retryAfterMs()).isEqualTo(80_000);
    }

    @Test
    void sayNothingOfTheFailureWhereSomebodyWasTried() {
      Rig rig = Rig.of("a", "b").open("b", 8_000).started();
      assertThat(rig.fail(FailureKind.AUTHENTICATION))
          .containsExactly("ended 1 a EXHAUSTED authentication", "fail authentication");
      assertThat(rig.failure().retryAfterMs()).isEqualTo(8_000);
      assertThat(rig.failure().backend()).isNull();
    }

    @Test
    void mayBeWaitedForWhereRetriesAreOn() {
      Rig rig = Rig.of("a", "b").retries(1).open("a", 7_000).open("b", 4_000);
      assertThat(rig.start()).isEmpty();
      rig.is(Failover.State.WAITING);
      assertThat(rig.untilNext()).isEqualTo(4_000);
      rig.letIn("b");
      assertThat(rig.next()).containsExactly("start 1 b");
    }

    @Test
    void areNotWaitedForLongerThanTheMaximum() {
      Rig rig = Rig.of("a").retries(3).open("a", 5_001);
      assertThat(rig.start()).containsExactly("fail unavailable");
    }

    @Test
    void areNotWaitedForForEver() {
      Rig rig = Rig.of("a").retries(2).open("a", 1_000);
      rig.start();
      assertThat(rig.next()).isEmpty();
      assertThat(rig.next()).containsExactly("fail unavailable");
      assertThat(rig.machine().elapsed()).isEqualTo(2_000);
      assertThat(rig.trail()).hasSize(3);
    }
  }

  @Nested
  class RetryAfter {
    @Test
    void isWhatTheOnlyCandidateSaid() {
      Rig rig = Rig.of("a").started();
      rig.fail(failure(FailureKind.RATE_LIMITED, 12_000).withStatus(429, "slow_down"));
      assertThat(rig.failure().retryAfterMs()).isEqualTo(12_000);
      assertThat(rig.failure().message()).isEqualTo("it said so");
      assertThat(rig.failure().status()).isEqualTo(429);
      assertThat(rig.failure().backend()).isEqualTo("a");
    }

    @Test
    void isTheSoonestOfSeveral() {
      Rig rig = Rig.of("a", "b", "c").started();
      rig.fail(failure(FailureKind.RATE_LIMITED, 12_000));
      rig.fail(failure(FailureKind.RATE_LIMITED, 9_000));
      rig.fail(failure(FailureKind.RATE_LIMITED, 15_000));
      assertThat(rig.failure().kind()).isEqualTo(FailureKind.RATE_LIMITED);
      assertThat(rig.failure().retryAfterMs()).isEqualTo(9_000);
    }

    @ParameterizedTest
    @EnumSource(names = {"RATE_LIMITED", "QUOTA_EXHAUSTED"})
    void isCountedFromTheEnd(FailureKind kind) {
      Rig rig = Rig.of("a", "b").started();
      rig.fail(failure(kind, 12_000));
      rig.after(700).fail(failure(kind, 20_000));
      assertThat(rig.failure().retryAfterMs()).isEqualTo(11_300);
    }

    @Test
    void isTheLastThingACandidateSaid() {
      Rig rig = Rig.of("a").retries(1).started();
      rig.fail(failure(FailureKind.RATE_LIMITED, 1_000));
      rig.next();
      rig.fail(failure(FailureKind.RATE_LIMITED, 60_000));
      assertThat(rig.failure().retryAfterMs()).isEqualTo(60_000);
    }

    @Test
    void isUnknownWhereSomebodyMayBeTriedAtOnce() {
      Rig rig = Rig.of("a", "b").started();
      rig.fail(failure(FailureKind.RATE_LIMITED, 12_000));
      rig.fail(FailureKind.SERVER_ERROR);
      assertThat(rig.failure().retryAfterMs()).isEqualTo(-1);
    }

    @Test
    void saysNothingOfACandidateThatWaitingDoesNotHelp() {
      Rig rig = Rig.of("a", "b").started();
      rig.fail(failure(FailureKind.RATE_LIMITED, 12_000));
      rig.fail(FailureKind.AUTHENTICATION);
      assertThat(rig.failure().retryAfterMs()).isEqualTo(12_000);
    }
  }

  @Test
  void withoutCandidatesItFails() {
    Rig rig = Rig.of();
    assertThat(rig.start()).containsExactly("fail unavailable");
    assertThat(rig.failure().trail()).isEqualTo(Collections.emptyList());
  }

  @Nested
  class Slots {
    @Test
    void ofTheNextCandidateAreTakenAtOnce() {
      Rig rig = Rig.of("a", "b").saturated("a");
      assertThat(rig.start()).containsExactly("a > b saturated", "start 1 b");
      assertThat(rig.trail()).extracting(Attempt::reason).containsExactly("saturated");
    }

    @Test
    void areWaitedForWhereNobodyHasOne() {
      Rig rig = Rig.of("a", "b").saturated("a").saturated("b");
      assertThat(rig.start()).isEmpty();
      rig.is(Failover.State.WAITING);
      assertThat(rig.untilNext()).isEqualTo(Rig.QUEUE_WAIT);
      assertThat(rig.grant("b")).containsExactly("start 1 b");
      assertThat(rig.admission)
          .containsExactly("enter a", "enter b", "queue [a, b]", "enter b", "leave queue");
    }

    @Test
    void areWaitedForAfterTheOthersFailed() {
      Rig rig = Rig.of("a", "b").saturated("a").started();
      assertThat(rig.fail(FailureKind.SERVER_ERROR)).hasSize(1);
      assertThat(rig.grant("a")).containsExactly("b > a server_error", "start 2 a");
    }

    @Test
    void thatAreNotGrantedInTimeEndTheRequestAsSaturated() {
      Rig rig = Rig.of("a").saturated("a");
      rig.start();
      assertThat(rig.next()).containsExactly("fail saturated");
      assertThat(rig.admission).endsWith("leave queue");
      assertThat(rig.failure().retryAfterMs()).isEqualTo(1_000);
      assertThat(rig.failure().message()).contains("all 7 slots are in use");
      assertThat(rig.grant("a")).as("too late").isEmpty();
    }

    @Test
    void areNotWaitedForWhereTheQueuesAreFull() {
      Rig rig = Rig.of("a", "b").saturated("a").saturated("b").queuesFull();
      assertThat(rig.start()).containsExactly("fail saturated");
      assertThat(rig.failure().retryAfterMs()).isEqualTo(1_000);
    }

    @Test
    void ofACandidateThatIsOutMeanwhileGoToTheQueueOfTheOthers() {
      Rig rig = Rig.of("a", "b").saturated("a").saturated("b");
      rig.start();
      rig.after(1_000).open("a", -1);
      assertThat(rig.grantWithoutLettingIn("a")).isEmpty();
      rig.is(Failover.State.WAITING);
      assertThat(rig.untilNext()).as("the wait goes on").isEqualTo(Rig.QUEUE_WAIT - 1_000);
      assertThat(rig.admission).endsWith("enter a", "leave queue", "queue [b]");
      assertThat(rig.grant("b")).containsExactly("a > b circuit_open", "start 1 b");
    }

    @Test
    void areGivenUpByACancelledRequest() {
      Rig rig = Rig.of("a").saturated("a");
      rig.start();
      assertThat(rig.cancel()).containsExactly("cancelled");
      assertThat(rig.admission).endsWith("leave queue");
      assertThat(rig.grant("a")).isEmpty();
    }

    @Test
    void areNotWaitedForBeyondTheWholeBudget() {
      Rig rig = Rig.of("a").saturated("a");
      rig.start();
      rig.after(Rig.TOTAL);
      assertThat(rig.timer()).containsExactly("fail timeout");
      assertThat(rig.admission).endsWith("leave queue");
    }
  }

  @Nested
  class NoWaitForNothing {
    @Test
    void aFailureThatOpensTheCircuitGoesToTheNextAtOnce() {
      Rig rig = Rig.of("a", "b").retries(2).started();
      rig.open("a", 30_000);
      assertThat(rig.fail(FailureKind.SERVER_ERROR)).endsWith("start 2 b");
    }

    @Test
    void aRateLimitThatDoesNotSayItsEndGoesToTheNextAtOnce() {
      Rig rig = Rig.of("a", "b").retries(1).started();
      rig.exhausted("a", FailureKind.RATE_LIMITED, 1_000);
      assertThat(rig.fail(FailureKind.RATE_LIMITED)).endsWith("start 2 b");
    }

    @Test
    void aRateLimitThatSaysItsEndIsWaitedForIfThatIsSoon() {
      Rig rig = Rig.of("a", "b").retries(1).started();
      rig.exhausted("a", FailureKind.RATE_LIMITED, 1_000);
      assertThat(rig.fail(failure(FailureKind.RATE_LIMITED, 1_000))).hasSize(1);
      rig.is(Failover.State.WAITING);
      assertThat(rig.untilNext()).isEqualTo(1_000);
      rig.letIn("a");
      assertThat(rig.next()).containsExactly("start 2 a");
    }

    @Test
    void oneWhoseCooldownIsLongerGoesToTheNextAtOnce() {
      Rig rig = Rig.of("a", "b").retries(1).started();
      rig.exhausted("a", FailureKind.RATE_LIMITED, 5_001);
      assertThat(rig.fail(failure(FailureKind.RATE_LIMITED, 1_000))).endsWith("start 2 b");
    }

    @Test
    void nobodyIsWaitedForWhoseCircuitWillStillBeOpen() {
      Rig rig = Rig.of("a").retries(2).started();
      rig.open("a", 30_000);
      assertThat(rig.fail(FailureKind.SERVER_ERROR)).endsWith("fail server_error");
    }

    @Test
    void anOpenCircuitThatHalfOpensSoonIsWaitedFor() {
      Rig rig = Rig.of("a").retries(2).started();
      rig.open("a", 3_000);
      assertThat(rig.fail(FailureKind.SERVER_ERROR)).hasSize(1);
      assertThat(rig.untilNext()).isEqualTo(3_000);
    }
  }
}
