package io.llmrelay.failover;

import static io.llmrelay.failover.Failover.State.ATTEMPTING;
import static io.llmrelay.failover.Failover.State.STREAMING;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.CommitPoint;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The machine with a second attempt beside a silent one. */
class FailoverHedgeTest {
  private static final long AFTER = 300;

  /** Attempting, with {@code a} silent and {@code b} beside it. */
  private static Rig hedged() {
    Rig rig = Rig.of("a", "b", "c").hedging(AFTER, 1).started();
    assertThat(rig.untilNext()).isEqualTo(AFTER);
    assertThat(rig.next()).containsExactly("start 2 b");
    return rig.is(ATTEMPTING);
  }

  @Test
  void theFirstToCommitServesAndTheOtherIsAborted() {
    Rig rig = hedged();
    assertThat(rig.of(2).chunk("b"))
        .containsExactly("first chunk", "abort", "ended 1 a NEUTRAL", "release b", "deliver");
    assertThat(rig.of(1).chunk("too late")).isEmpty();
    assertThat(rig.of(1).fail(FailureKind.NETWORK)).isEmpty();
    assertThat(rig.of(2).end(FinishReason.STOP)).endsWith("complete stop");
    assertThat(rig.trail())
        .extracting(Attempt::backend, Attempt::result)
        .containsExactly(tuple("a", Attempt.Result.HEDGED), tuple("b", Attempt.Result.SERVED));
  }

  private static org.assertj.core.groups.Tuple tuple(Object... values) {
    return org.assertj.core.groups.Tuple.tuple(values);
  }

  @Test
  void theSlowOneServesIfItCommitsFirstAfterAll() {
    Rig rig = hedged();
    assertThat(rig.of(1).chunk("a"))
        .containsExactly("first chunk", "abort", "ended 2 b NEUTRAL", "release a", "deliver");
    assertThat(rig.of(2).chunk("b")).isEmpty();
    assertThat(rig.of(1).end(FinishReason.STOP)).endsWith("complete stop");
  }

  @Test
  void wholeAnswersAreHedgedAndTheFirstToEndServes() {
    Rig rig = Rig.of("a", "b").commit(CommitPoint.COMPLETE).hedging(AFTER, 1).started();
    assertThat(rig.next()).containsExactly("start 2 b");
    assertThat(rig.of(1).chunk("a")).containsExactly("first chunk", "hold");
    assertThat(rig.of(2).chunk("b")).containsExactly("first chunk", "hold");
    assertThat(rig.of(2).end(FinishReason.STOP))
        .containsExactly(
            "abort", "ended 1 a NEUTRAL", "release b", "ended 2 b ALIVE", "complete stop");
  }

  @Test
  void anotherKeyIsTriedAfterTheAttemptBesideHasFailedToo() {
    Rig rig = Rig.of("a", "b").keys("k1", "b", "k2").hedging(AFTER, 1).started();
    assertThat(rig.next()).containsExactly("start 2 b");
    assertThat(rig.of(1).fail(FailureKind.RATE_LIMITED))
        .containsExactly("ended 1 a EXHAUSTED rate_limited");
    assertThat(rig.of(2).fail(FailureKind.SERVER_ERROR)).endsWith("start 3 a");
    assertThat(rig.of(3).chunk("a")).endsWith("release a", "deliver");
  }

  @Test
  void whatTheLoserHasCostIsEstimated() {
    Rig rig = Rig.of("a", "b").priced("a").priced("b").hedging(AFTER, 1).started();
    rig.next();
    rig.of(2).chunk("four");
    rig.of(2).end(FinishReason.STOP, new TokenUsage(5, 5, 0, 0, 0, TokenUsage.Source.PROVIDER));
    Attempt loser = rig.trail().get(0);
    assertThat(loser.usage()).isEqualTo(TokenUsage.estimate(Rig.INPUT_CHARACTERS, 0));
    assertThat(loser.costUsd()).isEqualTo(10);
    Action.Complete complete = rig.last(Action.Complete.class);
    assertThat(complete.costUsd()).as("of both").isEqualTo(10 + 5 + 50);
    assertThat(complete.usage().inputTokens()).as("of the answer").isEqualTo(5);
  }

  @Test
  void thereIsNoHedgeOfAnAttemptWithContent() {
    Rig rig = Rig.of("a", "b").commit(CommitPoint.COMPLETE).hedging(AFTER, 1).started();
    rig.chunk("held");
    assertThat(rig.untilNext()).isEqualTo(Rig.STALL);
  }

  @Test
  void reasoningThatIsHeldIsContent() {
    Rig rig = Rig.of("a", "b").commit(CommitPoint.FIRST_TEXT).hedging(AFTER, 1).started();
    rig.chunk(BlockKind.REASONING, "hm");
    assertThat(rig.untilNext()).isEqualTo(Rig.STALL);
  }

  @Test
  void thereIsNoHedgeWithoutATokenAndNotAgainForTheSameAttempt() {
    Rig rig = Rig.of("a", "b").hedging(AFTER, 0).started();
    assertThat(rig.next()).isEmpty();
    assertThat(rig.untilNext()).isEqualTo(Rig.HEAD - AFTER);
    assertThat(rig.next()).contains("ended 1 a FAILURE timeout", "start 2 b");
  }

  @Test
  void thereIsNoHedgeWithoutACandidate() {
    Rig rig = Rig.of("a").hedging(AFTER, 1).started();
    assertThat(rig.untilNext()).isEqualTo(Rig.HEAD);
  }

  @Test
  void aCandidateThatIsNotAdmittedIsSkipped() {
    Rig rig = Rig.of("a", "b", "c").open("b", 5_000).hedging(AFTER, 1).started();
    assertThat(rig.next()).containsExactly("start 2 c");
    Rig none = Rig.of("a", "b").saturated("b").hedging(AFTER, 1).started();
    assertThat(none.next()).isEmpty();
    assertThat(none.admission).doesNotContain("queue [b]");
    assertThat(none.of(1).chunk("a")).endsWith("release a", "deliver");
  }

  @ParameterizedTest
  @EnumSource(
      value = FailureKind.class,
      names = {"NETWORK", "RATE_LIMITED", "CONTEXT_LENGTH", "MODEL_NOT_FOUND", "UNAVAILABLE"})
  void ifOneFailsTheOtherGoesOnAlone(FailureKind kind) {
    for (int failing = 1; failing <= 2; failing++) {
      Rig rig = hedged();
      String name = failing == 1 ? "a" : "b";
      String other = failing == 1 ? "b" : "a";
      assertThat(rig.of(failing).fail(kind))
          .containsExactly(
              "ended "
                  + failing
                  + " "
                  + name
                  + " "
                  + FailureRule.of(kind).outcome()
                  + " "
                  + kind.code());
      assertThat(rig.of(3 - failing).chunk("x")).endsWith("release " + other, "deliver");
      rig.is(STREAMING);
    }
  }

  @Test
  void ifBothFailTheNextOneStarts() {
    Rig rig = hedged();
    rig.of(2).fail(FailureKind.NETWORK);
    assertThat(rig.of(1).fail(FailureKind.SERVER_ERROR))
        .containsExactly("ended 1 a FAILURE server_error", "a > c server_error", "start 3 c");
  }

  @Test
  void ifTheRequestIsWrongForEverybodyItFailsAtOnce() {
    Rig rig = hedged();
    assertThat(rig.of(2).fail(FailureKind.INVALID_REQUEST))
        .containsExactly(
            "ended 2 b ALIVE invalid_request",
            "abort",
            "ended 1 a NEUTRAL",
            "fail invalid_request");
  }

  @Test
  void eachHasItsOwnTimeouts() {
    Rig rig = hedged();
    assertThat(rig.untilNext()).isEqualTo(Rig.HEAD - AFTER);
    assertThat(rig.next()).containsExactly("abort", "ended 1 a FAILURE timeout");
    assertThat(rig.next()).contains("ended 2 b FAILURE timeout", "start 3 c");
  }

  @Test
  void aHedgeThatIsAloneAndSilentIsHedgedInTurn() {
    Rig rig = Rig.of("a", "b", "c").hedging(AFTER, 2).started();
    rig.next();
    rig.of(1).fail(FailureKind.NETWORK);
    assertThat(rig.untilNext()).isEqualTo(AFTER);
    assertThat(rig.next()).containsExactly("start 3 c");
  }

  @Test
  void cancelAndTheTotalTimeoutEndBoth() {
    assertThat(hedged().cancel())
        .containsExactly(
            "abort",
            "ended 1 a NEUTRAL cancelled",
            "abort",
            "ended 2 b NEUTRAL cancelled",
            "cancelled");
    Rig rig = hedged();
    rig.of(1).head();
    assertThat(rig.after(Rig.TOTAL).timer())
        .containsExactly(
            "abort",
            "ended 1 a NEUTRAL timeout",
            "abort",
            "ended 2 b NEUTRAL timeout",
            "fail timeout");
  }
}
