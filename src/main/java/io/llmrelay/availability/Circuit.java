package io.llmrelay.availability;

import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.config.CircuitOptions;
import io.llmrelay.observe.RelayEvent.CircuitState;
import io.vertx.circuitbreaker.CircuitBreaker;
import io.vertx.circuitbreaker.CircuitBreakerOptions;
import io.vertx.core.Vertx;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;

/**
 * A Vert.x circuit breaker fed by the outcomes of attempts on every lane.
 *
 * <p>A breaker counts calls. But an attempt may last minutes, proves the backend alive at its first
 * chunk, and may end inconclusively. Therefore this class decides when to open and close; the
 * breaker holds the open state, and its timer half-opens it.
 *
 * <ul>
 *   <li>Closed: FAILURE and ALIVE count in an {@link OutcomeWindow}; an attempt is alive from its
 *       first chunk on, and a failure if it breaks after that. EXHAUSTED and NEUTRAL do not count.
 *   <li>Half-open: one attempt of the process is the trial. ALIVE closes and FAILURE re-opens;
 *       anything else, and the end of the trial's time, passes the trial on to the next request.
 *   <li>Attempts that began before the last transition do not count for the current state.
 * </ul>
 *
 * <p>The state is one reference to an object that is replaced at each transition, so that reading
 * it takes no lock and each transition is made by one thread. Thread-safe.
 */
final class Circuit {

  /** One state with its outcomes or its trial. */
  private record State(
      CircuitState name, long since, OutcomeWindow outcomes, AtomicReference<Pass> trial) {}

  /** The permission for one attempt. */
  static final class Pass {
    private final State state;
    private final long trialUntil;
    private long alive = -1;

    private Pass(State state, long trialUntil) {
      this.state = state;
      this.trialUntil = trialUntil;
    }
  }

  private final CircuitBreaker breaker;
  private final CircuitOptions options;
  private final LongSupplier clock;
  private final BiConsumer<CircuitState, CircuitState> listener;
  private final AtomicReference<State> state = new AtomicReference<>();

  /** The time until which one failure opens the circuit, as the circuit of another node opened. */
  private volatile long suspectUntil = Long.MIN_VALUE;

  /**
   * Creates a closed circuit.
   *
   * @param clock a monotonic clock in milliseconds
   * @param listener notified of each transition: from, to
   */
  Circuit(
      Vertx vertx,
      String name,
      CircuitOptions options,
      LongSupplier clock,
      BiConsumer<CircuitState, CircuitState> listener) {
    this.options = options;
    this.clock = clock;
    this.listener = listener;
    state.set(closed());
    breaker =
        CircuitBreaker.create(
                name,
                vertx,
                new CircuitBreakerOptions()
                    .setTimeout(-1)
                    .setResetTimeout(options.getResetTimeout().toMillis()))
            .halfOpenHandler(v -> halfOpen());
  }

  CircuitState state() {
    return state.get().name;
  }

  /** Returns why no attempt may be made now, or {@code null}. */
  Skip check() {
    State now = state.get();
    return switch (now.name) {
      case CLOSED -> null;
      case OPEN -> skip("circuit open", Math.max(0, now.since + resetMs() - clock.getAsLong()));
      case HALF_OPEN ->
          isFree(now.trial.get()) ? null : skip("circuit half-open, a trial is running", -1);
    };
  }

  /** Returns the reason after {@link #enter} failed because another request took the trial. */
  Skip trialTaken() {
    Skip skip = check();
    return skip != null ? skip : skip("circuit half-open, a trial is running", -1);
  }

  /** Returns a pass for one attempt, or {@code null} if {@link #check} has a reason against it. */
  Pass enter() {
    State now = state.get();
    switch (now.name) {
      case CLOSED -> {
        return new Pass(now, 0);
      }
      case HALF_OPEN -> {
        Pass last = now.trial.get();
        Pass trial = new Pass(now, clock.getAsLong() + options.getTrialTimeout().toMillis());
        return isFree(last) && now.trial.compareAndSet(last, trial) ? trial : null;
      }
      default -> {
        return null;
      }
    }
  }

  /** Records the first chunk of an attempt. */
  void firstChunk(Pass pass) {
    if (pass.state.name == CircuitState.HALF_OPEN) {
      close(pass.state);
    } else if (pass.alive < 0) {
      alive(pass);
    }
  }

  /** Records the outcome of an attempt. */
  void settle(Pass pass, Outcome outcome) {
    if (pass.state.name == CircuitState.HALF_OPEN) {
      settleTrial(pass, outcome);
    } else if (outcome == Outcome.ALIVE) {
      firstChunk(pass);
    } else if (outcome == Outcome.FAILURE) {
      failure(pass);
    }
  }

  /** Lets the next failure open this circuit, because the circuit of another node opened. */
  void suspect() {
    suspectUntil = clock.getAsLong() + options.getWindow().toMillis();
  }

  void close() {
    breaker.close();
  }

  private void alive(Pass pass) {
    suspectUntil = Long.MIN_VALUE;
    pass.alive = pass.state.outcomes.alive(clock.getAsLong());
  }

  private void failure(Pass pass) {
    long now = clock.getAsLong();
    OutcomeWindow outcomes = pass.state.outcomes;
    if (pass.alive >= 0) {
      outcomes.failAlive(pass.alive, now);
    } else {
      outcomes.failure(now);
    }
    if (now < suspectUntil || outcomes.isFailing(now)) {
      open(pass.state);
    }
  }

  private void settleTrial(Pass trial, Outcome outcome) {
    switch (outcome) {
      case ALIVE -> close(trial.state);
      case FAILURE -> open(trial.state);
      case EXHAUSTED, NEUTRAL -> trial.state.trial.compareAndSet(trial, null);
    }
  }

  private void open(State from) {
    if (state.compareAndSet(from, new State(CircuitState.OPEN, clock.getAsLong(), null, null))) {
      suspectUntil = Long.MIN_VALUE;
      listener.accept(from.name, CircuitState.OPEN);
      breaker.open();
    }
  }

  private void close(State halfOpen) {
    if (state.compareAndSet(halfOpen, closed())) {
      breaker.reset();
      listener.accept(CircuitState.HALF_OPEN, CircuitState.CLOSED);
    }
  }

  /** Half-opens the circuit; called by the breaker's timer. */
  private void halfOpen() {
    state.set(new State(CircuitState.HALF_OPEN, clock.getAsLong(), null, new AtomicReference<>()));
    listener.accept(CircuitState.OPEN, CircuitState.HALF_OPEN);
  }

  private State closed() {
    long now = clock.getAsLong();
    return new State(
        CircuitState.CLOSED,
        now,
        new OutcomeWindow(
            options.getWindow().toMillis(),
            options.getMaxFailures(),
            options.getFailureRate(),
            now),
        null);
  }

  private boolean isFree(Pass trial) {
    return trial == null || clock.getAsLong() >= trial.trialUntil;
  }

  private long resetMs() {
    return options.getResetTimeout().toMillis();
  }

  private static Skip skip(String message, long availableInMs) {
    return new Skip(SkipReason.CIRCUIT_OPEN, FailureKind.UNAVAILABLE, message, availableInMs);
  }
}
