package io.llmrelay.availability;

import static io.llmrelay.availability.Outcome.ALIVE;
import static io.llmrelay.availability.Outcome.EXHAUSTED;
import static io.llmrelay.availability.Outcome.FAILURE;
import static io.llmrelay.availability.Outcome.NEUTRAL;
import static io.llmrelay.observe.RelayEvent.CircuitState.CLOSED;
import static io.llmrelay.observe.RelayEvent.CircuitState.HALF_OPEN;
import static io.llmrelay.observe.RelayEvent.CircuitState.OPEN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.config.CircuitOptions;
import io.llmrelay.observe.RelayEvent.CircuitState;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** State by state, with a real breaker that half-opens after a moment, and a clock by hand. */
@ExtendWith(VertxExtension.class)
class CircuitTest {
  private static final int MAX_FAILURES = 5;
  private static final long WINDOW_MS = 60_000;
  private static final long TRIAL_MS = 30_000;

  private final AtomicLong now = new AtomicLong(1_000_000);
  private final List<String> transitions = new CopyOnWriteArrayList<>();
  private Vertx vertx;

  @BeforeEach
  void vertx(Vertx vertx) {
    this.vertx = vertx;
  }

  private static void attempt(Circuit circuit, Outcome outcome) {
    circuit.settle(circuit.enter(), outcome);
  }

  private static void attempts(Circuit circuit, int count, Outcome outcome) {
    for (int i = 0; i < count; i++) {
      attempt(circuit, outcome);
    }
  }

  private static void is(Circuit circuit, CircuitState state) {
    assertThat(circuit.state()).isEqualTo(state);
  }

  // Fixtures, named after states.

  private Circuit closed(long resetMs) {
    CircuitOptions options =
        new CircuitOptions()
            .setMaxFailures(MAX_FAILURES)
            .setWindow(Duration.ofMillis(WINDOW_MS))
            .setTrialTimeout(Duration.ofMillis(TRIAL_MS))
            .setResetTimeout(Duration.ofMillis(resetMs));
    Circuit circuit =
        new Circuit(
            vertx,
            "a",
            options,
            now::get,
            (from, to) -> transitions.add(from.code() + " > " + to.code()));
    is(circuit, CLOSED);
    return circuit;
  }

  private Circuit closed() {
    return closed(60_000);
  }

  private Circuit open(long resetMs) {
    Circuit circuit = closed(resetMs);
    attempts(circuit, MAX_FAILURES, FAILURE);
    assertThat(transitions).startsWith("closed > open");
    return circuit;
  }

  private Circuit open() {
    Circuit circuit = open(60_000);
    is(circuit, OPEN);
    return circuit;
  }

  private Circuit halfOpen() {
    Circuit circuit = open(10);
    await().untilAsserted(() -> is(circuit, HALF_OPEN));
    transitions.clear();
    return circuit;
  }

  @Nested
  class Operated {
    @Test
    void opensAndHalfOpensAsUsual() {
      Circuit circuit = closed(10);

      assertThat(circuit.forceOpen()).isTrue();

      await().untilAsserted(() -> is(circuit, HALF_OPEN));
      assertThat(transitions).containsExactly("closed > open", "open > half_open");
      assertThat(circuit.halfOpenInMs()).isEqualTo(-1);
    }

    @Test
    void isOpenUntilTheResetTimeout() {
      Circuit circuit = open();
      now.addAndGet(20_000);

      assertThat(circuit.forceOpen()).isFalse();
      assertThat(circuit.halfOpenInMs()).isEqualTo(40_000);
    }

    @Test
    void closesAnOpenCircuitWhoseTimerHasNoEffectAfterwards() {
      Circuit circuit = open(300);

      assertThat(circuit.forceClose()).isTrue();
      assertThat(circuit.forceClose()).isFalse();
      is(circuit, CLOSED);
      transitions.clear();
      Circuit timed = open(300);
      attempt(circuit, ALIVE);

      await().untilAsserted(() -> is(timed, HALF_OPEN));
      is(circuit, CLOSED);
    }

    @Test
    void closesAHalfOpenCircuitWhoseTrialCountsNoLonger() {
      Circuit circuit = halfOpen();
      Circuit.Pass trial = circuit.enter();

      assertThat(circuit.forceClose()).isTrue();
      circuit.settle(trial, FAILURE);

      is(circuit, CLOSED);
      assertThat(transitions).containsExactly("half_open > closed");
    }

    @Test
    void resetDiscardsOutcomesAndSuspicion() {
      Circuit circuit = closed();
      attempts(circuit, MAX_FAILURES - 1, FAILURE);
      circuit.suspect();

      assertThat(circuit.reset()).isTrue();
      attempt(circuit, FAILURE);

      is(circuit, CLOSED);
      assertThat(transitions).isEmpty();
    }
  }

  @Nested
  class Closed {
    @Test
    void letsEverybodyIn() {
      Circuit circuit = closed();
      assertThat(circuit.check()).isNull();
      assertThat(circuit.enter()).isNotNull();
      assertThat(circuit.enter()).isNotNull();
    }

    @Test
    void opensWithEnoughFailuresThatAreEnoughOfAll() {
      Circuit circuit = closed();
      attempts(circuit, MAX_FAILURES - 1, FAILURE);
      is(circuit, CLOSED);
      attempt(circuit, FAILURE);
      is(circuit, OPEN);
      assertThat(transitions).containsExactly("closed > open");
    }

    @Test
    void doesNotOpenBelowTheShare() {
      Circuit circuit = closed();
      attempts(circuit, 8, ALIVE);
      attempts(circuit, 7, FAILURE);
      is(circuit, CLOSED);
      attempt(circuit, FAILURE);
      is(circuit, OPEN);
    }

    @ParameterizedTest
    @EnumSource(names = {"NEUTRAL", "EXHAUSTED"})
    void countsWhatIsNotConclusiveAsNothing(Outcome outcome) {
      Circuit circuit = closed();
      attempts(circuit, 4, FAILURE);
      attempts(circuit, 100, outcome);
      is(circuit, CLOSED);
      attempt(circuit, FAILURE);
      is(circuit, OPEN);
    }

    @Test
    void forgetsWhatIsOlderThanTheWindow() {
      Circuit circuit = closed();
      attempts(circuit, 4, FAILURE);
      now.addAndGet(WINDOW_MS);
      attempts(circuit, 4, FAILURE);
      is(circuit, CLOSED);
      attempt(circuit, FAILURE);
      is(circuit, OPEN);
    }

    /** A request every four seconds, all well for a minute, and then an outage. */
    @Test
    void anOutageOpensItWhateverCameBefore() {
      Circuit circuit = closed();
      for (int i = 0; i < 15; i++) {
        now.addAndGet(4_000);
        attempt(circuit, ALIVE);
      }
      for (int i = 0; i < MAX_FAILURES; i++) {
        is(circuit, CLOSED);
        now.addAndGet(4_000);
        attempt(circuit, FAILURE);
      }
      is(circuit, OPEN);
    }

    /** A hundred requests a second: half of the last hundred outcomes, half a second. */
    @Test
    void anOutageUnderLoadOpensItSoon() {
      Circuit circuit = closed();
      attempts(circuit, 6_000, ALIVE);
      int failures = 0;
      while (circuit.state() == CLOSED) {
        attempt(circuit, FAILURE);
        failures++;
      }
      assertThat(failures).isEqualTo(OutcomeWindow.LEAST_SIZE / 2);
    }

    @Test
    void aBurstOfFailuresAmongManySuccessesDoesNotOpenIt() {
      Circuit circuit = closed();
      for (int i = 0; i < 1_000; i++) {
        now.addAndGet(100);
        attempt(circuit, i % 100 >= 80 ? FAILURE : ALIVE);
      }
      is(circuit, CLOSED);
    }

    @Test
    void aStreamIsAliveAtItsFirstChunk() {
      Circuit circuit = closed();
      for (int i = 0; i < 10; i++) {
        circuit.firstChunk(circuit.enter());
      }
      attempts(circuit, 9, FAILURE);
      is(circuit, CLOSED);
    }

    @Test
    void anAttemptCountsOnce() {
      Circuit circuit = closed();
      for (int i = 0; i < 5; i++) {
        Circuit.Pass pass = circuit.enter();
        circuit.firstChunk(pass);
        circuit.firstChunk(pass);
        circuit.settle(pass, ALIVE);
      }
      attempts(circuit, 5, FAILURE);
      is(circuit, OPEN);
    }

    @Test
    void aStreamThatBreaksIsAFailureAndNoLife() {
      Circuit circuit = closed();
      for (int i = 0; i < MAX_FAILURES; i++) {
        is(circuit, CLOSED);
        Circuit.Pass pass = circuit.enter();
        circuit.firstChunk(pass);
        now.addAndGet(2_000);
        circuit.settle(pass, FAILURE);
      }
      is(circuit, OPEN);
    }

    @Test
    void aStreamThatBreaksLongAfterCountsToo() {
      Circuit circuit = closed();
      Circuit.Pass pass = circuit.enter();
      circuit.firstChunk(pass);
      now.addAndGet(10 * WINDOW_MS);
      attempts(circuit, OutcomeWindow.LEAST_SIZE, NEUTRAL);
      circuit.settle(pass, FAILURE);
      attempts(circuit, MAX_FAILURES - 1, FAILURE);
      is(circuit, OPEN);
    }

    /** Ten minutes of ten requests a second, streams of half a minute, a few percent fail. */
    @ParameterizedTest
    @ValueSource(ints = {2, 5, 10, 20})
    void aBackendThatMostlyWorksIsNeverOut(int percent) {
      Circuit circuit = closed();
      java.util.Random random = new java.util.Random(percent);
      List<Circuit.Pass> streams = new ArrayList<>();
      for (int i = 0; i < 6_000; i++) {
        now.addAndGet(100);
        Circuit.Pass pass = circuit.enter();
        assertThat(pass).as("request %d", i).isNotNull();
        if (random.nextInt(100) < percent) {
          circuit.settle(pass, FAILURE);
        } else {
          circuit.firstChunk(pass);
          streams.add(pass);
        }
        if (streams.size() > 300) {
          circuit.settle(streams.remove(0), ALIVE);
        }
      }
      is(circuit, CLOSED);
    }

    @Test
    void opensWithTheNextFailureOnceItIsSuspect() {
      Circuit circuit = closed();
      circuit.suspect();
      is(circuit, CLOSED);
      attempt(circuit, FAILURE);
      is(circuit, OPEN);
    }

    @Test
    void isSuspectNoMoreAfterASuccessOrAWindow() {
      Circuit circuit = closed();
      circuit.suspect();
      attempt(circuit, ALIVE);
      attempt(circuit, FAILURE);
      is(circuit, CLOSED);
      now.addAndGet(WINDOW_MS);
      circuit.suspect();
      now.addAndGet(WINDOW_MS);
      attempt(circuit, FAILURE);
      is(circuit, CLOSED);
    }

    /** A node without a network opens its circuits again and again. */
    @Test
    void ignoresOtherNodesForAWindowAfterOneWasRefuted() {
      Circuit circuit = closed();
      circuit.suspect();
      attempt(circuit, ALIVE);
      circuit.suspect();
      attempt(circuit, FAILURE);
      is(circuit, CLOSED);
      now.addAndGet(WINDOW_MS);
      circuit.suspect();
      attempt(circuit, FAILURE);
      is(circuit, OPEN);
    }
  }

  @Nested
  class Open {
    @Test
    void rejectsAttemptsWithTheRemainingTime() {
      Circuit circuit = open();
      assertThat(circuit.check())
          .isEqualTo(
              new Skip(SkipReason.CIRCUIT_OPEN, FailureKind.UNAVAILABLE, "circuit open", 60_000));
      assertThat(circuit.enter()).isNull();
      now.addAndGet(59_000);
      assertThat(circuit.check().availableInMs()).isEqualTo(1_000);
      now.addAndGet(2_000);
      assertThat(circuit.check().availableInMs()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void dropsWhatBeganBefore(Outcome outcome) {
      Circuit circuit = closed();
      Circuit.Pass stale = circuit.enter();
      attempts(circuit, MAX_FAILURES, FAILURE);
      circuit.settle(stale, outcome);
      is(circuit, OPEN);
      assertThat(transitions).hasSize(1);
    }

    @Test
    void becomesHalfOpenAfterTheResetTimeout() {
      Circuit circuit = open(10);
      await().untilAsserted(() -> is(circuit, HALF_OPEN));
      assertThat(transitions).containsExactly("closed > open", "open > half_open");
    }
  }

  @Nested
  class HalfOpen {
    @Test
    void letsOneTrialInAtATime() {
      Circuit circuit = halfOpen();
      assertThat(circuit.check()).isNull();
      assertThat(circuit.enter()).isNotNull();
      assertThat(circuit.enter()).isNull();
      assertThat(circuit.check())
          .isEqualTo(
              new Skip(
                  SkipReason.CIRCUIT_OPEN,
                  FailureKind.UNAVAILABLE,
                  "circuit half-open, a trial is running",
                  -1));
    }

    @Test
    void letsOneTrialInForAllThreads() throws Exception {
      Circuit circuit = halfOpen();
      ExecutorService threads = Executors.newFixedThreadPool(16);
      CountDownLatch start = new CountDownLatch(1);
      List<Future<Circuit.Pass>> passes = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        passes.add(
            threads.submit(
                () -> {
                  start.await();
                  return circuit.enter();
                }));
      }
      start.countDown();
      int trials = 0;
      for (Future<Circuit.Pass> pass : passes) {
        trials += pass.get() == null ? 0 : 1;
      }
      threads.shutdown();
      assertThat(trials).isEqualTo(1);
    }

    @Test
    void closesWithTheFirstChunkOfTheTrial() {
      Circuit circuit = halfOpen();
      circuit.firstChunk(circuit.enter());
      is(circuit, CLOSED);
      assertThat(circuit.check()).isNull();
      assertThat(transitions).containsExactly("half_open > closed");
    }

    @ParameterizedTest
    @EnumSource
    void dropsTheEndOfATrialThatAnswered(Outcome outcome) {
      Circuit circuit = halfOpen();
      Circuit.Pass trial = circuit.enter();
      circuit.firstChunk(trial);
      attempts(circuit, MAX_FAILURES - 1, FAILURE);
      circuit.settle(trial, outcome);
      is(circuit, CLOSED);
      attempt(circuit, FAILURE);
      assertThat(transitions).containsExactly("half_open > closed", "closed > open");
    }

    @Test
    void closesWithAnyProofOfLife() {
      Circuit circuit = halfOpen();
      attempt(circuit, ALIVE);
      is(circuit, CLOSED);
    }

    @Test
    void opensAgainWithAFailureOnly() {
      Circuit circuit = halfOpen();
      attempt(circuit, FAILURE);
      assertThat(transitions).startsWith("half_open > open");
      await().untilAsserted(() -> is(circuit, HALF_OPEN));
      assertThat(circuit.check()).as("the next trial").isNull();
    }

    @ParameterizedTest
    @EnumSource(names = {"NEUTRAL", "EXHAUSTED"})
    void passesTheTrialOnWhereItProvedNothing(Outcome outcome) {
      Circuit circuit = halfOpen();
      attempt(circuit, outcome);
      is(circuit, HALF_OPEN);
      assertThat(circuit.check()).isNull();
      assertThat(transitions).isEmpty();
      attempt(circuit, ALIVE);
      is(circuit, CLOSED);
    }

    @Test
    void passesTheTrialOnWhenItsTimeIsOver() {
      Circuit circuit = halfOpen();
      Circuit.Pass slow = circuit.enter();
      now.addAndGet(TRIAL_MS - 1);
      assertThat(circuit.check()).isNotNull();
      now.addAndGet(1);
      assertThat(circuit.check()).isNull();
      Circuit.Pass next = circuit.enter();
      circuit.settle(slow, NEUTRAL);
      assertThat(circuit.enter()).as("the next trial still runs").isNull();
      circuit.settle(next, EXHAUSTED);
      assertThat(circuit.enter()).isNotNull();
      circuit.firstChunk(slow);
      is(circuit, CLOSED);
    }

    @ParameterizedTest
    @EnumSource
    void dropsWhatBeganBefore(Outcome outcome) {
      Circuit circuit = closed(10);
      Circuit.Pass stale = circuit.enter();
      attempts(circuit, MAX_FAILURES, FAILURE);
      await().untilAsserted(() -> is(circuit, HALF_OPEN));
      circuit.settle(stale, outcome);
      is(circuit, HALF_OPEN);
      assertThat(circuit.check()).as("the trial is still to be had").isNull();
    }

    @Test
    void startsCountingAfreshOnceItIsClosed() {
      Circuit circuit = halfOpen();
      attempt(circuit, ALIVE);
      attempts(circuit, MAX_FAILURES - 1, FAILURE);
      is(circuit, CLOSED);
      attempt(circuit, FAILURE);
      assertThat(transitions).startsWith("half_open > closed", "closed > open");
    }
  }
}
