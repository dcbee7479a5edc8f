package io.llmrelay.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.CommitPoint;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import org.junit.jupiter.api.Test;

/** Every timer of the machine: when it is due, and what it does then. */
class FailoverTimeTest {

  @Test
  void noResponseHead() {
    Rig rig = Rig.of("a", "b").after(5).started();
    assertThat(rig.untilNext()).isEqualTo(Rig.HEAD);
    assertThat(rig.next())
        .containsExactly("abort", "ended 1 a FAILURE timeout", "a > b timeout", "start 2 b");
    assertThat(rig.trail().get(0).message()).isEqualTo("no response head within 1000 ms");
    assertThat(rig.trail().get(0).firstChunkMs()).isEqualTo(-1);
    assertThat(rig.trail().get(0).durationMs()).isEqualTo(1000);
  }

  @Test
  void noFirstChunkAfterTheHead() {
    Rig rig = Rig.of("a", "b").started().after(900);
    rig.head();
    assertThat(rig.untilNext()).as("from the start").isEqualTo(Rig.FIRST_CHUNK - 900);
    assertThat(rig.next()).startsWith("abort", "ended 1 a FAILURE timeout");
    assertThat(rig.trail().get(0).message()).isEqualTo("no first chunk within 2000 ms");
  }

  @Test
  void aModelThatThinksFirstHasMoreTimeUnlessSomebodySaidHowMuch() {
    Rig rig = Rig.of("chat", "thinks", "also").defaultFirstChunk().reasoning("thinks").started();
    rig.head();
    assertThat(rig.untilNext()).isEqualTo(10_000);
    assertThat(rig.next()).endsWith("start 2 thinks");
    assertThat(rig.untilNext()).as("its own limit, also for the head").isEqualTo(60_000);
    assertThat(rig.next()).endsWith("start 3 also");
    assertThat(rig.untilNext()).isEqualTo(10_000);
  }

  @Test
  void whatSomebodySaidHoldsForAModelThatThinksFirstToo() {
    Rig rig = Rig.of("thinks").reasoning("thinks").started();
    rig.head();
    assertThat(rig.untilNext()).isEqualTo(Rig.FIRST_CHUNK);
  }

  /** With retries and another candidate a silent one costs its limit once, and no more. */
  @Test
  void aSilentCandidateIsNotTriedAgainWhileAnotherIsLeft() {
    Rig rig = Rig.of("a", "b", "c").retries(3).started();
    assertThat(rig.next()).endsWith("start 2 b");
    assertThat(rig.next()).endsWith("start 3 c");
    assertThat(rig.machine().elapsed()).isEqualTo(2 * Rig.HEAD);
    rig.chunk("x");
    rig.end(FinishReason.STOP);
    assertThat(rig.attempted()).containsExactly("a", "b", "c");
  }

  @Test
  void theHeadOfOneAttemptIsNotTheHeadOfTheNext() {
    Rig rig = Rig.of("a", "b").started();
    rig.head();
    rig.after(10).fail(FailureKind.NETWORK);
    assertThat(rig.untilNext()).isEqualTo(Rig.HEAD);
  }

  @Test
  void everyAttemptHasItsFullTime() {
    Rig rig = Rig.of("a", "b", "c").started();
    assertThat(rig.next()).endsWith("start 2 b");
    assertThat(rig.untilNext()).isEqualTo(Rig.HEAD);
    assertThat(rig.next()).endsWith("start 3 c");
    assertThat(rig.next()).endsWith("fail timeout");
    assertThat(rig.machine().elapsed()).isEqualTo(3 * Rig.HEAD);
    assertThat(rig.failure().kind()).as("what all have in common").isEqualTo(FailureKind.TIMEOUT);
  }

  @Test
  void aStallBetweenChunks() {
    Rig rig = Rig.of("a", "b").started();
    rig.chunk("one");
    rig.after(2_999).chunk("two");
    assertThat(rig.untilNext()).isEqualTo(Rig.STALL);
    assertThat(rig.next()).containsExactly("abort", "ended 1 a FAILURE timeout", "fail timeout");
    assertThat(rig.failure().message()).isEqualTo("no further chunk within 3000 ms");
    assertThat(rig.failure().deliveredChunks()).isEqualTo(2);
    assertThat(rig.failure().deliveredBytes()).isEqualTo(6);
    assertThat(rig.failure().backend()).isEqualTo("a");
  }

  @Test
  void aStallBeforeTheCommitPointFallsBack() {
    Rig rig = Rig.of("a", "b").commit(CommitPoint.COMPLETE).started();
    rig.chunk("held");
    assertThat(rig.untilNext()).isEqualTo(Rig.STALL);
    assertThat(rig.next())
        .containsExactly("abort", "ended 1 a FAILURE timeout", "a > b timeout", "start 2 b");
    assertThat(rig.untilNext()).isEqualTo(Rig.HEAD);
  }

  @Test
  void aConsumerThatPausesIsNoStall() {
    Rig rig = Rig.of("a").started();
    rig.chunk("one");
    rig.after(1_000).machine().consumerPaused();
    assertThat(rig.untilNext()).as("only the whole is limited").isEqualTo(Rig.TOTAL - 1_000);
    assertThat(rig.after(20_000).timer()).isEmpty();
    rig.machine().consumerResumed();
    assertThat(rig.untilNext()).as("it starts afresh").isEqualTo(Rig.STALL);
    assertThat(rig.next()).endsWith("fail timeout");
  }

  @Test
  void aPausedConsumerStillHasToBeDoneInTime() {
    Rig rig = Rig.of("a").started();
    rig.chunk("one");
    rig.machine().consumerPaused();
    assertThat(rig.next()).containsExactly("abort", "ended 1 a NEUTRAL timeout", "fail timeout");
    assertThat(rig.machine().elapsed()).isEqualTo(Rig.TOTAL);
    assertThat(rig.failure().deliveredBytes()).isEqualTo(3);
  }

  @Test
  void aChunkWhilePausedDoesNotWakeTheStallTimer() {
    Rig rig = Rig.of("a").started();
    rig.chunk("one");
    rig.machine().consumerPaused();
    rig.after(10).chunk("two");
    assertThat(rig.untilNext()).isEqualTo(Rig.TOTAL - 10);
  }

  @Test
  void theWholeBudget() {
    Rig rig = Rig.of("a").started();
    while (rig.machine().elapsed() < Rig.TOTAL - 2_000) {
      rig.chunk("x");
      rig.after(2_000);
    }
    rig.chunk("x");
    assertThat(rig.untilNext()).isEqualTo(2_000);
    assertThat(rig.next()).containsExactly("abort", "ended 1 a NEUTRAL timeout", "fail timeout");
    assertThat(rig.failure().message()).isEqualTo("the request did not complete within 60000 ms");
    assertThat(rig.failure().backend()).isEqualTo("a");
    assertThat(rig.failure().trail()).hasSize(1);
  }

  @Test
  void theWholeBudgetEndsAnAttemptThatHasTimeLeft() {
    Rig rig = Rig.of("a", "b").started();
    rig.head();
    rig.after(Rig.TOTAL - 500).fail(FailureKind.NETWORK);
    assertThat(rig.untilNext()).isEqualTo(500);
    assertThat(rig.next()).containsExactly("abort", "ended 2 b NEUTRAL timeout", "fail timeout");
    assertThat(rig.failure().deliveredChunks()).isZero();
    assertThat(rig.failure().trail()).extracting(a -> a.backend()).containsExactly("a", "b");
  }

  /** A late timer acts on what is due now, and the whole budget comes first. */
  @Test
  void aTimerThatFiresLate() {
    Rig rig = Rig.of("a", "b").started();
    assertThat(rig.after(Rig.HEAD + 777).timer()).endsWith("start 2 b");
    assertThat(rig.untilNext()).isEqualTo(Rig.HEAD);
    assertThat(rig.after(Rig.TOTAL).timer()).endsWith("fail timeout");
    rig.is(Failover.State.FAILED);
  }

  @Test
  void aTimerThatFiresTwiceActsOnce() {
    Rig rig = Rig.of("a", "b").started();
    rig.next();
    assertThat(rig.timer()).isEmpty();
    assertThat(rig.attempted()).containsExactly("a", "b");
  }

  @Test
  void nothingIsDueAfterTheEnd() {
    Rig rig = Rig.of("a").started();
    rig.chunk("x");
    rig.end(FinishReason.STOP);
    assertThat(rig.machine().deadline()).isEqualTo(Long.MAX_VALUE);
    assertThat(rig.after(Rig.TOTAL).timer()).isEmpty();
  }
}
