package io.llmrelay.coordinator;

import static io.llmrelay.coordinator.Outcome.FAILURE;
import static io.llmrelay.coordinator.Outcome.NEUTRAL;
import static io.llmrelay.coordinator.Outcome.SUCCESS;
import static io.llmrelay.observe.RelayEvent.CircuitState.CLOSED;
import static io.llmrelay.observe.RelayEvent.CircuitState.HALF_OPEN;
import static io.llmrelay.observe.RelayEvent.CircuitState.OPEN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.config.CircuitOptions;
import io.llmrelay.observe.RelayEvent.CircuitState;
import io.vertx.circuitbreaker.CircuitBreakerOptions;
import io.vertx.core.Context;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each line of the rule table, with a real breaker that half-opens after a moment. */
@ExtendWith(VertxExtension.class)
class CircuitTest {
  private static final int MAX_FAILURES = 2;
  private static final long RESET_MS = 100;

  private final AtomicLong now = new AtomicLong(1_000);
  private final List<String> transitions = new CopyOnWriteArrayList<>();
  private Vertx vertx;
  private Context context;

  @BeforeEach
  void context(Vertx vertx) {
    this.vertx = vertx;
    context = vertx.getOrCreateContext();
  }

  /** Runs something where a coordinator would, and lets the breaker come to its judgement. */
  private <T> T on(Callable<T> action) {
    Promise<T> done = Promise.promise();
    context.runOnContext(
        v -> {
          try {
            T result = action.call();
            context.runOnContext(w -> context.runOnContext(x -> done.complete(result)));
          } catch (Throwable e) {
            done.fail(e);
          }
        });
    try {
      return done.future().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private void on(Runnable action) {
    on(
        () -> {
          action.run();
          return null;
        });
  }

  private Circuit.Permit enter(Circuit circuit) {
    return on(circuit::enter);
  }

  private void settle(Circuit circuit, Circuit.Permit permit, Outcome outcome) {
    on(() -> circuit.settle(permit, outcome));
  }

  private void attempt(Circuit circuit, Outcome outcome) {
    settle(circuit, enter(circuit), outcome);
  }

  private void is(Circuit circuit, CircuitState state) {
    assertThat(on(circuit::state)).isEqualTo(state);
  }

  // Fixtures, named after states.

  private Circuit closed(long resetMs) {
    CircuitBreakerOptions options =
        new CircuitBreakerOptions()
            .setTimeout(-1)
            .setMaxFailures(MAX_FAILURES)
            .setResetTimeout(resetMs)
            .setFailuresRollingWindow(60_000);
    Circuit circuit =
        on(
            () ->
                new Circuit(
                    vertx,
                    "a",
                    options,
                    now::get,
                    (from, to) -> transitions.add(from.code() + " > " + to.code())));
    is(circuit, CLOSED);
    return circuit;
  }

  private Circuit closed() {
    return closed(60_000);
  }

  private Circuit open(long resetMs) {
    Circuit circuit = closed(resetMs);
    for (int i = 0; i < MAX_FAILURES; i++) {
      attempt(circuit, FAILURE);
    }
    await().untilAsserted(() -> assertThat(transitions).startsWith("closed > open"));
    return circuit;
  }

  private Circuit open() {
    Circuit circuit = open(60_000);
    is(circuit, OPEN);
    return circuit;
  }

  private Circuit halfOpen() {
    Circuit circuit = open(RESET_MS);
    await().untilAsserted(() -> is(circuit, HALF_OPEN));
    transitions.clear();
    return circuit;
  }

  @Nested
  class Closed {
    @Test
    void letsEverybodyIn() {
      Circuit circuit = closed();
      assertThat(on(circuit::look)).isNull();
      enter(circuit);
      enter(circuit);
      assertThat(on(circuit::look)).isNull();
    }

    @Test
    void opensAfterFailuresInARow() {
      Circuit circuit = closed();
      attempt(circuit, FAILURE);
      is(circuit, CLOSED);
      attempt(circuit, FAILURE);
      is(circuit, OPEN);
      assertThat(transitions).containsExactly("closed > open");
    }

    @Test
    void forgetsFailuresAfterASuccess() {
      Circuit circuit = closed();
      attempt(circuit, FAILURE);
      now.addAndGet(1);
      attempt(circuit, SUCCESS);
      attempt(circuit, FAILURE);
      is(circuit, CLOSED);
    }

    @Test
    void neverCountsANeutralOutcomeAsAnything() {
      Circuit circuit = closed();
      attempt(circuit, FAILURE);
      now.addAndGet(1);
      for (int i = 0; i < 10; i++) {
        attempt(circuit, NEUTRAL);
      }
      is(circuit, CLOSED);
      attempt(circuit, FAILURE);
      is(circuit, OPEN);
    }

    @Test
    void saysNothingOfAnAttemptBeforeItsEnd() {
      Circuit circuit = closed();
      attempt(circuit, FAILURE);
      now.addAndGet(1);
      Circuit.Permit permit = enter(circuit);
      on(() -> circuit.answering(permit));
      attempt(circuit, FAILURE);
      is(circuit, OPEN);
    }

    @Test
    void doesNotForgetAFailureForASuccessThatBeganBefore() {
      Circuit circuit = closed();
      Circuit.Permit early = enter(circuit);
      now.addAndGet(1);
      attempt(circuit, FAILURE);
      settle(circuit, early, SUCCESS);
      attempt(circuit, FAILURE);
      is(circuit, OPEN);
    }

    @Test
    void canBeOpenedByAnother() {
      Circuit circuit = closed();
      on(circuit::openToo);
      is(circuit, OPEN);
      on(circuit::openToo);
      assertThat(transitions).containsExactly("closed > open");
    }
  }

  @Nested
  class Open {
    @Test
    void letsNobodyInAndSaysForHowLong() {
      Circuit circuit = open();
      assertThat(on(circuit::look))
          .isEqualTo(
              new Gate.Skip(
                  SkipReason.CIRCUIT_OPEN, FailureKind.UNAVAILABLE, "circuit open", 60_000));
      now.addAndGet(59_000);
      assertThat(on(circuit::look).availableInMs()).isEqualTo(1_000);
      now.addAndGet(2_000);
      assertThat(on(circuit::look).availableInMs()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void dropsWhatBeganBefore(Outcome outcome) {
      Circuit circuit = closed();
      Circuit.Permit stale = enter(circuit);
      on(circuit::openToo);
      settle(circuit, stale, outcome);
      is(circuit, OPEN);
      assertThat(transitions).hasSize(1);
    }

    @Test
    void becomesHalfOpenAfterTheResetTimeout() {
      Circuit circuit = open(RESET_MS);
      await().untilAsserted(() -> is(circuit, HALF_OPEN));
      assertThat(transitions).containsExactly("closed > open", "open > half_open");
    }

    @Test
    void becomesHalfOpenWhenAnotherOpenedIt() {
      Circuit circuit = closed(RESET_MS);
      on(circuit::openToo);
      await().untilAsserted(() -> is(circuit, HALF_OPEN));
    }
  }

  @Nested
  class HalfOpen {
    @Test
    void letsOneTrialInAtATime() {
      Circuit circuit = halfOpen();
      assertThat(on(circuit::look)).isNull();
      enter(circuit);
      assertThat(on(circuit::look))
          .isEqualTo(
              new Gate.Skip(
                  SkipReason.CIRCUIT_OPEN,
                  FailureKind.UNAVAILABLE,
                  "circuit half-open, a trial is running",
                  -1));
    }

    @Test
    void closesWithTheFirstChunkOfTheTrial() {
      Circuit circuit = halfOpen();
      Circuit.Permit trial = enter(circuit);
      on(() -> circuit.answering(trial));
      is(circuit, CLOSED);
      assertThat(on(circuit::look)).isNull();
      assertThat(transitions).containsExactly("half_open > closed");
    }

    @ParameterizedTest
    @EnumSource
    void saysNothingMoreOfATrialThatAnswered(Outcome outcome) {
      Circuit circuit = halfOpen();
      Circuit.Permit trial = enter(circuit);
      on(() -> circuit.answering(trial));
      attempt(circuit, FAILURE);
      now.addAndGet(1);
      settle(circuit, trial, outcome);
      is(circuit, CLOSED);
      attempt(circuit, FAILURE);
      assertThat(transitions).startsWith("half_open > closed", "closed > open");
    }

    /** Both in one tick: the breaker has not come to its judgement when the attempt ends. */
    @ParameterizedTest
    @EnumSource
    void closesEvenWhereTheTrialEndsWithItsFirstChunk(Outcome outcome) {
      Circuit circuit = halfOpen();
      Circuit.Permit trial = enter(circuit);
      on(
          () -> {
            circuit.answering(trial);
            circuit.settle(trial, outcome);
          });
      is(circuit, CLOSED);
    }

    @Test
    void closesWithATrialThatSucceededWithoutAChunk() {
      Circuit circuit = halfOpen();
      attempt(circuit, SUCCESS);
      is(circuit, CLOSED);
    }

    @ParameterizedTest
    @EnumSource(names = {"FAILURE", "NEUTRAL"})
    void opensAgainWithATrialThatDidNotAnswer(Outcome outcome) {
      Circuit circuit = halfOpen();
      attempt(circuit, outcome);
      assertThat(transitions).startsWith("half_open > open");
      await().untilAsserted(() -> is(circuit, HALF_OPEN));
      assertThat(on(circuit::look)).as("the next trial").isNull();
    }

    @ParameterizedTest
    @EnumSource
    void dropsWhatBeganBefore(Outcome outcome) {
      Circuit circuit = closed(RESET_MS);
      Circuit.Permit stale = enter(circuit);
      on(circuit::openToo);
      await().untilAsserted(() -> is(circuit, HALF_OPEN));
      settle(circuit, stale, outcome);
      is(circuit, HALF_OPEN);
      assertThat(on(circuit::look)).as("the trial is still to be had").isNull();
    }

    @Test
    void isNotOpenedByAnother() {
      Circuit circuit = halfOpen();
      on(circuit::openToo);
      is(circuit, HALF_OPEN);
    }

    @Test
    void startsCountingAfreshOnceItIsClosed() {
      Circuit circuit = halfOpen();
      attempt(circuit, SUCCESS);
      attempt(circuit, FAILURE);
      is(circuit, CLOSED);
      attempt(circuit, FAILURE);
      assertThat(transitions).startsWith("half_open > closed", "closed > open");
    }
  }

  @Nested
  class Registry {
    private final List<String> told = new CopyOnWriteArrayList<>();

    private Circuits circuits(CircuitOptions.Scope scope) {
      CircuitOptions options =
          new CircuitOptions()
              .setMaxFailures(1)
              .setResetTimeout(Duration.ofMinutes(1))
              .setScope(scope);
      return on(
          () ->
              new Circuits(
                  vertx,
                  options,
                  now::get,
                  event -> told.add(event.circuit() + " " + event.to().code())));
    }

    private Circuit of(Circuits circuits, String backend, String model) {
      return on(() -> circuits.of(new Candidate(backend, model, null)));
    }

    @Test
    void hasACircuitForEachBackend() {
      Circuits circuits = circuits(CircuitOptions.Scope.BACKEND);
      assertThat(of(circuits, "a", "m")).isSameAs(of(circuits, "a", "n"));
      assertThat(of(circuits, "a", "m")).isNotSameAs(of(circuits, "b", "m"));
      attempt(of(circuits, "a", "m"), FAILURE);
      assertThat(told).containsExactly("a open");
      assertThat(on(circuits::states)).isEqualTo(Map.of("a", OPEN, "b", CLOSED));
    }

    @Test
    void hasACircuitForEachModel() {
      Circuits circuits = circuits(CircuitOptions.Scope.MODEL);
      assertThat(of(circuits, "a", "m")).isNotSameAs(of(circuits, "a", "n"));
      attempt(of(circuits, "a", "m"), FAILURE);
      assertThat(told).containsExactly("a/m open");
      assertThat(on(circuits::states)).isEqualTo(Map.of("a/m", OPEN, "a/n", CLOSED));
    }

    @Test
    void opensWhatAnotherSaysWhetherItWasUsedOrNot() {
      Circuits circuits = circuits(CircuitOptions.Scope.BACKEND);
      of(circuits, "a", "m");
      on(() -> circuits.openToo("a"));
      on(() -> circuits.openToo("b"));
      assertThat(on(circuits::states)).isEqualTo(Map.of("a", OPEN, "b", OPEN));
    }

    @Test
    void hasABound() {
      Circuits circuits = circuits(CircuitOptions.Scope.MODEL);
      on(
          () -> {
            for (int i = 0; i < 2 * Circuits.MAX_CIRCUITS; i++) {
              circuits.of(new Candidate("a", "m" + i, null));
            }
          });
      assertThat(on(circuits::states)).hasSize(Circuits.MAX_CIRCUITS + 1).containsKey("a");
      assertThat(of(circuits, "a", "one")).isSameAs(of(circuits, "a", "other"));
    }
  }
}
