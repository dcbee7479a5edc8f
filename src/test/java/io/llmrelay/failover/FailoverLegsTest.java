package io.llmrelay.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.CommitPoint;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Events say which attempt they mean; those of one that does not run any more do nothing. */
class FailoverLegsTest {

  /** The first attempt is aborted by its timer, and the second one runs. */
  private static Rig second(CommitPoint commit) {
    Rig rig = Rig.of("a", "b").commit(commit).started();
    assertThat(rig.chunk("first")).last().isIn("hold", "deliver");
    rig.after(Rig.STALL);
    assertThat(rig.timer())
        .containsExactly("abort", "ended 1 a FAILURE timeout", "a > b timeout", "start 2 b");
    return rig.is(Failover.State.ATTEMPTING);
  }

  @Test
  void nothingOfAnAbortedAttemptCountsForTheNext() {
    Rig rig = second(new CommitPoint(8));
    rig.of(1);
    assertThat(rig.head()).isEmpty();
    assertThat(rig.block()).isEmpty();
    assertThat(rig.chunk("late text, and much of it")).isEmpty();
    rig.of(2);
    assertThat(rig.block()).containsExactly("hold");
    assertThat(rig.chunk("1234567")).containsExactly("first chunk", "hold");
    assertThat(rig.of(1).chunk("8")).isEmpty();
    assertThat(rig.of(2).chunk("8")).containsExactly("release b", "deliver");
    assertThat(rig.machine().deliveredBytes()).isEqualTo(8);
    assertThat(rig.of(1).chunk("late")).isEmpty();
    assertThat(rig.machine().deliveredBytes()).isEqualTo(8);
    assertThat(rig.of(2).end(FinishReason.STOP))
        .containsExactly("ended 2 b ALIVE", "complete stop");
  }

  @Test
  void theLateEndOfAnAbortedAttemptIsNotTheNextOnes() {
    Rig rig = second(CommitPoint.COMPLETE);
    assertThat(rig.of(1).end(FinishReason.STOP)).isEmpty();
    assertThat(rig.of(1).fail(FailureKind.INVALID_REQUEST)).isEmpty();
    rig.is(Failover.State.ATTEMPTING);
    assertThat(rig.of(2).chunk("second")).containsExactly("first chunk", "hold");
    assertThat(rig.of(1).end(FinishReason.STOP)).isEmpty();
    assertThat(rig.of(2).end(FinishReason.STOP))
        .containsExactly("release b", "ended 2 b ALIVE", "complete stop");
    assertThat(rig.admission).filteredOn(entry -> entry.startsWith("leave")).hasSize(2);
  }

  /** Its head is not the next one's head, and its chunks are no sign of the next one's life. */
  @Test
  void lateEventsMoveNoDeadline() {
    Rig rig = second(new CommitPoint(100));
    long deadline = rig.machine().deadline();
    rig.after(10).of(1);
    rig.head();
    rig.chunk("late");
    assertThat(rig.machine().deadline()).isEqualTo(deadline);
    rig.of(2).chunk("x");
    rig.after(10);
    deadline = rig.machine().deadline();
    rig.of(1).chunk("late");
    assertThat(rig.machine().deadline()).isEqualTo(deadline);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2, 7})
  void anAttemptThatWasNeverStartedSaysNothing(int number) {
    Rig rig = Rig.of("a", "b").started();
    assertThat(rig.machine().head(number)).isEmpty();
    assertThat(rig.machine().block(number, BlockKind.TEXT)).isEmpty();
    assertThat(rig.machine().ended(number, FinishReason.STOP, null)).isEmpty();
    assertThat(rig.machine().failed(number, null)).isEmpty();
    rig.is(Failover.State.ATTEMPTING);
  }

  @Test
  void actionsSayWhichAttemptTheyMean() {
    Rig rig = second(CommitPoint.COMPLETE);
    rig.chunk("second");
    rig.end(FinishReason.STOP);
    assertThat(rig.actions)
        .filteredOn(Action.Hold.class::isInstance)
        .extracting(action -> ((Action.Hold) action).number())
        .containsExactly(1, 2);
    assertThat(rig.actions)
        .contains(new Action.Abort(1), new Action.FirstChunk(1), new Action.FirstChunk(2))
        .filteredOn(Action.Release.class::isInstance)
        .extracting(action -> ((Action.Release) action).number())
        .containsExactly(2);
  }

  /** A cancelled request runs nothing, whoever speaks. */
  @Test
  void afterTheEndNobodySaysAnything() {
    Rig rig = second(new CommitPoint(100));
    assertThat(rig.cancel()).contains("abort").endsWith("cancelled");
    for (int number : new int[] {1, 2}) {
      assertThat(rig.of(number).chunk("late")).isEmpty();
      assertThat(rig.of(number).end(FinishReason.STOP)).isEmpty();
      assertThat(rig.of(number).fail(FailureKind.NETWORK)).isEmpty();
    }
  }

  /**
   * A block takes room in the latch, be it empty: thousands of them are no way around its bound.
   */
  @Test
  void blocksWithoutTextFillTheLatchToo() {
    Rig rig = Rig.of("a").latch(1_000).commit(new CommitPoint(100)).started();
    int blocks = 0;
    while (rig.is(Failover.State.ATTEMPTING).block().equals(java.util.List.of("hold"))) {
      blocks++;
      if (blocks > 100) {
        break;
      }
    }
    assertThat(blocks).isBetween(10, 20);
    assertThat(rig.failure().kind()).isEqualTo(FailureKind.TOO_LARGE);
  }
}
