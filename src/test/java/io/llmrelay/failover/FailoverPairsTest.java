package io.llmrelay.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.CommitPoint;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.Resume;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The machine with two attempts: whatever two events come next, and in whichever order. */
class FailoverPairsTest {
  private static final String TEXT = "abc";

  /** An event of one attempt, or of the request. */
  private record Event(String name, int of, Consequence consequence) {}

  private interface Consequence {
    void happen(Play run);
  }

  private static Map<String, Supplier<Play>> states() {
    Map<String, Supplier<Play>> states = new LinkedHashMap<>();
    states.put("two silent", () -> hedged(CommitPoint.FIRST_CHUNK));
    states.put("two silent, whole answers", () -> hedged(CommitPoint.COMPLETE));
    states.put("two with content", () -> hedged(CommitPoint.COMPLETE).chunk(1).chunk(2));
    states.put("two silent, to be resumed", () -> hedged(CommitPoint.FIRST_CHUNK, true));
    states.put("the second resumes", FailoverPairsTest::resuming);
    states.put("the second has resumed", () -> resuming().skip(2).splice(2));
    return states;
  }

  private static Play hedged(CommitPoint commit) {
    return hedged(commit, false);
  }

  private static Play hedged(CommitPoint commit, boolean resumes) {
    Rig rig = Rig.of("a", "b", "c").commit(commit).hedging(300, 1);
    Play run = new Play(resumes ? rig.resuming(Resume.VERIFY) : rig);
    rig.start();
    rig.next();
    assertThat(run.check().observer.legs).hasSize(2);
    return run;
  }

  private static Play resuming() {
    Play run = new Play(Rig.of("a", "b", "c").resuming(Resume.VERIFY));
    run.rig.start();
    run.check().chunk(1).rig.of(1).fail(FailureKind.NETWORK);
    assertThat(run.check().observer.legs).containsOnlyKeys(2);
    return run;
  }

  private static Stream<Event> events() {
    Stream<Event> ofRequest =
        Stream.of(
            new Event("cancel", 0, run -> run.rig.cancel()),
            new Event("the next deadline", 0, run -> run.rig.after(untilNext(run)).timer()),
            new Event("the total timeout", 0, run -> run.rig.after(Rig.TOTAL).timer()),
            new Event("consumer paused", 0, run -> run.rig.machine().consumerPaused()));
    return Stream.concat(ofRequest, Stream.of(1, 2).flatMap(FailoverPairsTest::events));
  }

  private static long untilNext(Play run) {
    return run.rig.machine().terminal() ? 0 : Math.max(0, run.rig.untilNext());
  }

  private static Stream<Event> events(int of) {
    Stream<Event> plain =
        Stream.of(
            new Event("head", of, run -> run.rig.of(of).head()),
            new Event("block", of, run -> run.rig.of(of).block()),
            new Event("chunk", of, run -> run.chunk(of)),
            new Event("data", of, run -> run.rig.of(of).chunk(BlockKind.DATA, "")),
            new Event("splice", of, run -> run.splice(of)),
            new Event("diverge", of, run -> run.diverge(of)),
            new Event("stop", of, run -> run.end(of, FinishReason.STOP)),
            new Event("length", of, run -> run.end(of, FinishReason.LENGTH)),
            new Event("filter", of, run -> run.end(of, FinishReason.CONTENT_FILTER)));
    Stream<Event> failures =
        Stream.of(FailureKind.values())
            .map(kind -> new Event(kind.code(), of, run -> run.rig.of(of).fail(kind)));
    return Stream.concat(plain, failures);
  }

  @TestFactory
  Stream<DynamicTest> anyTwoEventsInARow() {
    return states().entrySet().stream()
        .flatMap(
            state ->
                events()
                    .map(
                        first ->
                            DynamicTest.dynamicTest(
                                state.getKey() + ", " + first.of() + " " + first.name(),
                                () -> events().forEach(e -> play(state.getValue(), first, e)))));
  }

  private static void play(Supplier<Play> state, Event first, Event second) {
    Play run = state.get();
    try {
      first.consequence().happen(run);
      run.check();
      second.consequence().happen(run);
      run.check();
      // Left alone, every request comes to its end.
      for (int i = 0; i < 100 && !run.rig.machine().terminal(); i++) {
        run.rig.machine().consumerResumed();
        run.rig.after(untilNext(run)).timer();
        run.check();
      }
      assertThat(run.observer.over).as("it ends").isTrue();
    } catch (AssertionError e) {
      throw new AssertionError("then " + second.of() + " " + second.name(), e);
    }
  }

  /** A machine, and what its edge sees. */
  private static final class Play {
    private final MachineObserver observer = new MachineObserver();
    private final Rig rig;
    private int seen;

    Play(Rig rig) {
      this.rig = rig;
    }

    Play chunk(int of) {
      MachineObserver.Leg leg = observer.legs.get(of);
      if (leg != null && leg.resumes && !leg.spliced) {
        return skip(of); // As the splice in front of the machine does.
      }
      int before = rig.actions.size();
      rig.of(of).chunk(TEXT);
      observer.chunk(of, TEXT, rig.actions.subList(before, rig.actions.size()));
      return check();
    }

    Play skip(int of) {
      rig.of(of).skip(TEXT);
      return check();
    }

    Play splice(int of) {
      MachineObserver.Leg leg = observer.legs.get(of);
      if (leg == null || leg.resumes && !leg.spliced) {
        rig.of(of).splice();
      }
      return check();
    }

    Play diverge(int of) {
      MachineObserver.Leg leg = observer.legs.get(of);
      if (leg == null || leg.resumes && !leg.spliced) {
        rig.of(of).diverge();
      }
      return check();
    }

    /** An answer that ends before it is spliced has diverged. */
    Play end(int of, FinishReason reason) {
      MachineObserver.Leg leg = observer.legs.get(of);
      if (leg != null && leg.resumes && !leg.spliced) {
        return diverge(of);
      }
      rig.of(of).end(reason);
      return check();
    }

    Play check() {
      for (; seen < rig.actions.size(); seen++) {
        observer.see(rig.actions.get(seen));
      }
      observer.check(rig);
      return this;
    }
  }
}
