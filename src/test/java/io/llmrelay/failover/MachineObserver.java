package io.llmrelay.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.availability.Outcome;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.FinishReason;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Sees the actions, and knows no more of the machine than the edge that carries them out. */
final class MachineObserver {
  /** An attempt that runs, as the edge sees it. */
  static final class Leg {
    final Candidate candidate;
    final boolean resumes;
    boolean spliced;
    private boolean aborted;
    private int heldBytes;

    Leg(Candidate candidate, boolean resumes) {
      this.candidate = candidate;
      this.resumes = resumes;
    }
  }

  final Map<String, Integer> attempts = new HashMap<>();
  final Map<Integer, Leg> legs = new TreeMap<>();
  int number;
  int serving;
  private Outcome ended;
  boolean over;
  int visibleBytes;

  /** What becomes of a chunk; the other actions are seen when the event is over. */
  void chunk(int of, String text, List<Action> actions) {
    int length = text.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
    for (Action action : actions) {
      if (action instanceof Action.Release) {
        visibleBytes += legs.get(of).heldBytes;
        legs.get(of).heldBytes = 0;
      } else if (action instanceof Action.Deliver) {
        visibleBytes += length;
      } else if (action instanceof Action.Hold) {
        legs.get(of).heldBytes += length;
      }
    }
  }

  /** Compares what the machine says of itself with what was seen. */
  void check(Rig rig) {
    assertThat(rig.machine().terminal()).as("a terminal state and action").isEqualTo(over);
    assertThat(rig.machine().deliveredBytes()).isEqualTo(visibleBytes);
    assertThat(rig.trail().stream().filter(a -> a.result() == Attempt.Result.SERVING).count())
        .isEqualTo(legs.containsKey(serving) ? 1 : 0);
    assertThat(rig.admission.stream().filter(line -> line.startsWith("leave ")).count())
        .as("every attempt leaves the admission once")
        .isEqualTo(
            number
                - legs.size()
                + rig.admission.stream().filter(line -> line.equals("leave queue")).count());
  }

  void see(Action action) {
    assertThat(over).as("%s after the terminal", action).isFalse();
    if (action instanceof Action.Start start) {
      boolean resumes = serving > 0;
      assertThat(legs.size()).as("a hedge is one more").isLessThanOrEqualTo(resumes ? 0 : 1);
      assertThat(start.number()).isEqualTo(++number);
      attempts.merge(start.candidate().backend(), 1, Integer::sum);
      legs.put(number, new Leg(start.candidate(), resumes));
    } else if (action instanceof Action.FellBack) {
      assertThat(legs).isEmpty();
      assertThat(serving).isZero();
    } else if (action instanceof Action.FirstChunk first) {
      running(first.number());
    } else if (action instanceof Action.Hold hold) {
      running(hold.number());
      assertThat(serving).isZero();
    } else if (action instanceof Action.Release release) {
      assertThat(release.candidate()).isEqualTo(running(release.number()).candidate);
      assertThat(serving).as("one commit").isZero();
      assertThat(legs).as("no attempt beside it").hasSize(1);
      serving = release.number();
      visibleBytes += legs.get(serving).heldBytes;
      legs.get(serving).heldBytes = 0;
    } else if (action instanceof Action.Resumed resumed) {
      assertThat(legs).doesNotContainKey(serving);
      serving = resumed.number();
      running(serving).spliced = true;
      assertThat(resumed.deliveredBytes()).isEqualTo(visibleBytes);
    } else if (action instanceof Action.Deliver deliver) {
      running(deliver.number());
      assertThat(deliver.number()).as("the one that serves").isEqualTo(serving);
    } else if (action instanceof Action.Abort abort) {
      running(abort.number()).aborted = true;
    } else if (action instanceof Action.Ended end) {
      assertThat(end.candidate()).isEqualTo(legs.get(end.number()).candidate);
      ended = end.outcome();
      legs.remove(end.number());
    } else if (action instanceof Action.Complete complete) {
      assertThat(ended).isEqualTo(Outcome.ALIVE);
      assertThat(serving).isPositive();
      if (visibleBytes == 0) {
        assertThat(complete.finishReason())
            .as("no empty success")
            .isIn(FinishReason.LENGTH, FinishReason.TOOL_CALLS);
      }
      over();
    } else if (action instanceof Action.Fail fail) {
      assertThat(fail.failure().deliveredBytes()).isEqualTo(visibleBytes);
      over();
    } else if (action instanceof Action.Cancelled cancelled) {
      assertThat(cancelled.failure().deliveredBytes()).isEqualTo(visibleBytes);
      over();
    }
  }

  private Leg running(int of) {
    Leg leg = legs.get(of);
    assertThat(leg).as("attempt %d runs", of).isNotNull();
    assertThat(leg.aborted).as("after the abort").isFalse();
    return leg;
  }

  private void over() {
    assertThat(legs).as("no attempt is left behind").isEmpty();
    over = true;
  }
}
