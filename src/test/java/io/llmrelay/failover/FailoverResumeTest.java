package io.llmrelay.failover;

import static io.llmrelay.failover.Failover.State.FAILED;
import static io.llmrelay.failover.Failover.State.STREAMING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.Resume;
import io.llmrelay.chat.TokenUsage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** The machine after a failure in mid-stream that is to be resumed. */
class FailoverResumeTest {
  private static final TokenUsage PROVIDED =
      new TokenUsage(10, 20, 0, 0, 0, TokenUsage.Source.PROVIDER);

  private static Rig streaming() {
    Rig rig = Rig.of("a", "b", "c").resuming(Resume.VERIFY).started();
    rig.chunk("12345");
    return rig.is(STREAMING);
  }

  /** The answer of {@code a} broke off after five bytes, and {@code b} is asked. */
  private static Rig broken() {
    Rig rig = streaming();
    assertThat(rig.fail(FailureKind.NETWORK))
        .containsExactly("ended 1 a FAILURE network", "start 2 b");
    return rig.is(STREAMING);
  }

  /** {@code b} continues the answer. */
  private static Rig resumed() {
    Rig rig = broken();
    assertThat(rig.skip("12345")).containsExactly("first chunk");
    assertThat(rig.splice()).containsExactly("resumed a > b network");
    return rig.is(STREAMING);
  }

  @Test
  void theRestIsDelivered() {
    Rig rig = resumed();
    assertThat(rig.chunk("678")).containsExactly("deliver");
    assertThat(rig.machine().deliveredBytes()).isEqualTo(8);
    assertThat(rig.end(FinishReason.STOP, PROVIDED))
        .containsExactly("ended 2 b ALIVE", "complete stop");
    assertThat(rig.trail())
        .extracting(Attempt::backend, Attempt::result, Attempt::reason, Attempt::resumedAtBytes)
        .containsExactly(
            tuple("a", Attempt.Result.FAILED, "network", -1L),
            tuple("b", Attempt.Result.SERVED, null, 5L));
  }

  @Test
  void anotherKeyIsTriedAfterOneThatMayNotResume() {
    Rig rig = Rig.of("a", "b").keys("k", "k1", "k2").resuming(Resume.VERIFY).started();
    rig.chunk("12345");
    assertThat(rig.fail(FailureKind.NETWORK)).endsWith("start 2 b");
    assertThat(rig.fail(FailureKind.RATE_LIMITED)).endsWith("start 3 b");
    rig.skip("12345");
    assertThat(rig.splice()).containsExactly("resumed a > b network");
  }

  @Test
  void theFirstChunkIsThatOfTheAnswerAndNotOfWhatResumedIt() {
    Rig rig = Rig.of("a", "b", "c").resuming(Resume.VERIFY).started();
    rig.after(70).chunk("12345");
    rig.after(500).fail(FailureKind.NETWORK);
    rig.after(500).skip("12345");
    rig.diverge();
    rig.after(500).skip("12345");
    rig.splice();
    assertThat(rig.machine().firstChunkMs()).isEqualTo(70);
  }

  @Test
  void usageAndCostAreThoseOfAllAttempts() {
    Rig rig = Rig.of("a", "b").priced("a").priced("b").resuming(Resume.VERIFY).started();
    rig.chunk("1234");
    rig.fail(Failure.of(FailureKind.NETWORK, "reset"));
    rig.skip("1234");
    rig.splice();
    rig.end(FinishReason.STOP, PROVIDED);
    Action.Complete complete = rig.last(Action.Complete.class);
    assertThat(complete.usage())
        .isEqualTo(new TokenUsage(10 + 10, 1 + 20, 0, 0, 0, TokenUsage.Source.ESTIMATED));
    assertThat(complete.costUsd()).isEqualTo(10 + 10 + 10 + 200);
  }

  @Test
  void whoDivergesIsFollowedByTheNextAndTheOneThatBrokeOffComesLast() {
    Rig rig = broken();
    rig.skip("1");
    assertThat(rig.diverge()).containsExactly("abort", "ended 2 b ALIVE", "start 3 c");
    assertThat(rig.fail(FailureKind.OVERLOADED))
        .containsExactly("ended 3 c FAILURE overloaded", "start 4 a");
    assertThat(rig.diverge()).containsExactly("abort", "ended 4 a ALIVE", "fail network");
    assertThat(rig.failure().deliveredBytes()).isEqualTo(5);
    assertThat(rig.failure().deliveredChunks()).isEqualTo(1);
    assertThat(rig.trail())
        .extracting(Attempt::backend, Attempt::result)
        .containsExactly(
            tuple("a", Attempt.Result.FAILED),
            tuple("b", Attempt.Result.DIVERGED),
            tuple("c", Attempt.Result.FAILED),
            tuple("a", Attempt.Result.DIVERGED));
  }

  @Test
  void whatIsResumedMayBreakOffAgain() {
    Rig rig = resumed();
    rig.chunk("67");
    assertThat(rig.fail(FailureKind.TIMEOUT))
        .containsExactly("ended 2 b FAILURE timeout", "start 3 c");
    rig.skip("1234567");
    assertThat(rig.splice()).containsExactly("resumed b > c timeout");
    rig.chunk("8");
    assertThat(rig.machine().deliveredBytes()).isEqualTo(8);
    assertThat(rig.end(FinishReason.STOP)).endsWith("complete stop");
  }

  @Test
  void anEndRightAfterTheSpliceIsTheEndOfTheAnswer() {
    assertThat(resumed().end(FinishReason.STOP)).endsWith("complete stop");
  }

  @ParameterizedTest
  @EnumSource(FailureKind.class)
  void onlyWhatAnotherCandidateMayDoBetterIsResumed(FailureKind kind) {
    Rig rig = streaming();
    boolean resumes = FailureRule.of(kind).next() == FailureRule.Next.ANY;
    assertThat(rig.fail(kind)).endsWith(resumes ? "start 2 b" : "fail " + kind.code());
  }

  @ParameterizedTest
  @EnumSource(value = FailureKind.class, mode = Mode.EXCLUDE, names = "CANCELLED")
  void whateverTheFailureOfAnAttemptToResumeTheNextOneIsAsked(FailureKind kind) {
    assertThat(broken().fail(kind)).endsWith("start 3 c");
  }

  @Test
  void whoCannotResumeOrIsNotAdmittedIsPassedOver() {
    Rig rig = streaming();
    rig.resumption.put("b", Resume.OFF);
    rig.open("c", 1_000);
    assertThat(rig.fail(FailureKind.NETWORK))
        .containsExactly("ended 1 a FAILURE network", "start 2 a");
    assertThat(rig.trail()).extracting(Attempt::backend).containsExactly("a", "c");
  }

  @Test
  void anAttemptToResumeHasItsTimeouts() {
    assertThat(broken().next()).contains("ended 2 b FAILURE timeout", "start 3 c");
    Rig rig = broken();
    rig.skip("1");
    assertThat(rig.untilNext()).isEqualTo(Rig.STALL);
  }

  @Test
  void cancelAndTheTotalTimeoutEndIt() {
    assertThat(broken().cancel())
        .containsExactly("abort", "ended 2 b NEUTRAL cancelled", "cancelled");
    Rig rig = broken();
    assertThat(rig.after(Rig.TOTAL).timer()).endsWith("fail timeout");
    assertThat(rig.failure().deliveredBytes()).isEqualTo(5);
    rig.is(FAILED);
  }

  @Test
  void byDefaultThereIsNoSecondAttempt() {
    Rig rig = Rig.of("a", "b").started();
    rig.chunk("12345");
    assertThat(rig.fail(FailureKind.NETWORK))
        .containsExactly("ended 1 a FAILURE network", "fail network");
  }
}
