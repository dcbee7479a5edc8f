package io.llmrelay.coordinator;

import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.observe.RelayEvent.CircuitState;
import io.vertx.circuitbreaker.CircuitBreaker;
import io.vertx.circuitbreaker.CircuitBreakerOptions;
import io.vertx.circuitbreaker.CircuitBreakerState;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;

/**
 * One Vert.x circuit breaker, fed by the outcomes of attempts.
 *
 * <p>A breaker knows successes and failures of calls; an attempt may last minutes and may end
 * without telling anything. So nothing runs inside the breaker but what it must judge:
 *
 * <ul>
 *   <li>Closed: an attempt only takes a note of the breaker's generation. At its end a SUCCESS or a
 *       FAILURE is reported as a call that is over at once; NEUTRAL is not reported at all.
 *   <li>Half-open: one attempt is the trial, a call that stays open until the first chunk, or until
 *       it fails. A neutral end re-opens: it proved nothing, and the trial must not stay open.
 *   <li>What began before the last transition is not reported: it tells of another time. For the
 *       same reason a success that began before the latest failure does not wipe out the failures.
 * </ul>
 *
 * <p>All calls must be made on the coordinator's context, where the breaker's timer lives too.
 */
final class Circuit {

  /** An attempt's leave to be made. */
  static final class Permit {
    private final long generation;
    private final long startedAt;
    private Promise<Void> trial;

    private Permit(long generation, long startedAt) {
      this.generation = generation;
      this.startedAt = startedAt;
    }
  }

  private final CircuitBreaker breaker;
  private final LongSupplier clock;
  private final long resetMs;
  private final BiConsumer<CircuitState, CircuitState> listener;
  private CircuitState state = CircuitState.CLOSED;
  private long generation;
  private boolean trialRuns;
  private long openedAt;
  private long lastFailureAt = Long.MIN_VALUE;

  /**
   * A closed circuit.
   *
   * @param options how many failures open it, and for how long
   * @param listener told of each transition: from, to
   */
  Circuit(
      Vertx vertx,
      String name,
      CircuitBreakerOptions options,
      LongSupplier clock,
      BiConsumer<CircuitState, CircuitState> listener) {
    this.clock = clock;
    this.listener = listener;
    this.resetMs = options.getResetTimeout();
    this.breaker =
        CircuitBreaker.create(name, vertx, options)
            .openHandler(v -> moved(CircuitState.OPEN))
            .halfOpenHandler(v -> moved(CircuitState.HALF_OPEN))
            .closeHandler(v -> moved(CircuitState.CLOSED));
  }

  CircuitState state() {
    return state;
  }

  /** Why no attempt may be made now, or {@code null}. */
  Gate.Skip look() {
    return switch (state) {
      case CLOSED -> null;
      case OPEN -> skip("circuit open", Math.max(0, openedAt + resetMs - clock.getAsLong()));
      case HALF_OPEN -> trialRuns ? skip("circuit half-open, a trial is running", -1) : null;
    };
  }

  /** Leave for one attempt; ask {@link #look} first. */
  Permit enter() {
    Permit permit = new Permit(generation, clock.getAsLong());
    if (state == CircuitState.HALF_OPEN) {
      trialRuns = true;
      breaker.<Void>execute(promise -> permit.trial = promise);
    }
    return permit;
  }

  /** The attempt gave its first chunk. */
  void answering(Permit permit) {
    if (permit.trial != null) {
      permit.trial.tryComplete();
    }
  }

  /** The attempt is over. */
  void settle(Permit permit, Outcome outcome) {
    if (permit.trial != null && !permit.trial.future().isComplete()) {
      if (outcome == Outcome.SUCCESS) {
        permit.trial.tryComplete();
      } else {
        permit.trial.tryFail("no answer");
      }
      return;
    }
    if (permit.generation != generation || permit.trial != null || outcome == Outcome.NEUTRAL) {
      return;
    }
    if (outcome == Outcome.FAILURE) {
      lastFailureAt = clock.getAsLong();
      report(Future.failedFuture("attempt failed"));
    } else if (permit.startedAt >= lastFailureAt) {
      report(Future.succeededFuture());
    }
  }

  /** Opens it because another coordinator's circuit of the same name did. */
  void openToo() {
    if (breaker.state() == CircuitBreakerState.CLOSED) {
      breaker.open();
    }
  }

  void close() {
    breaker.close();
  }

  private void report(Future<Void> result) {
    breaker.execute(() -> result);
  }

  private void moved(CircuitState to) {
    CircuitState from = state;
    state = to;
    generation++;
    trialRuns = false;
    if (to == CircuitState.OPEN) {
      openedAt = clock.getAsLong();
    }
    if (from != to) {
      listener.accept(from, to);
    }
  }

  private static Gate.Skip skip(String message, long availableInMs) {
    return new Gate.Skip(SkipReason.CIRCUIT_OPEN, FailureKind.UNAVAILABLE, message, availableInMs);
  }
}
