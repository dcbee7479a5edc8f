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

  /**
   * One state with its outcomes or its trial. Each closed state begins with a breaker of its own,
   * so that the timer of an earlier one has no effect after an operator closed the circuit.
   */
  private record State(
      CircuitState name,
      long since,
      OutcomeWindow outcomes,
      AtomicReference<Pass> trial,
      CircuitBreaker breaker) {}

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

  private final Vertx vertx;
  private final String name;
  private final CircuitOptions options;
  private final LongSupplier clock;
  private final BiConsumer<CircuitState, CircuitState> listener;
  private final AtomicReference<State> state = new AtomicReference<>();

  /** The time until which one failure opens the circuit, as the circuit of another node opened. */
  private volatile long suspectUntil = Long.MIN_VALUE;

  /**
   * Until this time open circuits of other nodes are ignored: a success has refuted the last one.
   */
  private volatile long ignoreRemoteUntil = Long.MIN_VALUE;

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
    this.vertx = vertx;
    this.name = name;
    this.options = options;
    this.clock = clock;
    this.listener = listener;
    state.set(closed());
  }

  private CircuitBreaker newBreaker() {
    CircuitBreaker created =
        CircuitBreaker.create(
            name, vertx, new CircuitBreakerOptions().setTimeout(-1).setResetTimeout(resetMs()));
    return created.halfOpenHandler(v -> halfOpen(created));
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

  /**
   * Lets the next failure open this circuit, because the circuit of another node opened. Has no
   * effect for the length of a window after a success has refuted the other node: one that has lost
   * its network opens its circuits repeatedly.
   */
  void suspect() {
    long now = clock.getAsLong();
    if (now >= ignoreRemoteUntil) {
      suspectUntil = now + options.getWindow().toMillis();
    }
  }

  /** Opens the circuit for an operator; returns whether it was not open. */
  boolean forceOpen() {
    State now = state.get();
    return now.name != CircuitState.OPEN && open(now);
  }

  /** Closes the circuit for an operator; returns whether it was not closed. */
  boolean forceClose() {
    State now = state.get();
    return now.name != CircuitState.CLOSED && close(now);
  }

  /** Closes the circuit for an operator, and discards the outcomes of a closed one. */
  boolean reset() {
    suspectUntil = Long.MIN_VALUE;
    return close(state.get());
  }

  /** Returns the milliseconds until an open circuit is half-open; -1 unless it is open. */
  long halfOpenInMs() {
    State now = state.get();
    return now.name == CircuitState.OPEN
        ? Math.max(0, now.since + resetMs() - clock.getAsLong())
        : -1;
  }

  void close() {
    state.get().breaker.close();
  }

  private void alive(Pass pass) {
    long now = clock.getAsLong();
    if (now < suspectUntil) {
      suspectUntil = Long.MIN_VALUE;
      ignoreRemoteUntil = now + options.getWindow().toMillis();
    }
    pass.alive = pass.state.outcomes.alive(now);
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

  private boolean open(State from) {
    State open = new State(CircuitState.OPEN, clock.getAsLong(), null, null, from.breaker);
    if (!state.compareAndSet(from, open)) {
      return false;
    }
    suspectUntil = Long.MIN_VALUE;
    ignoreRemoteUntil = Long.MIN_VALUE;
    listener.accept(from.name, CircuitState.OPEN);
    from.breaker.open();
    return true;
  }

  private boolean close(State from) {
    if (!state.compareAndSet(from, closed())) {
      return false;
    }
    from.breaker.close();
    if (from.name != CircuitState.CLOSED) {
      listener.accept(from.name, CircuitState.CLOSED);
    }
    return true;
  }

  /** Half-opens the circuit; called by a breaker's timer. */
  @SuppressWarnings("ReferenceEquality")
  private void halfOpen(CircuitBreaker breaker) {
    State now = state.get();
    State halfOpen =
        new State(
            CircuitState.HALF_OPEN, clock.getAsLong(), null, new AtomicReference<>(), breaker);
    if (now.breaker == breaker
        && now.name == CircuitState.OPEN
        && state.compareAndSet(now, halfOpen)) {
      listener.accept(CircuitState.OPEN, CircuitState.HALF_OPEN);
    }
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
        null,
        newBreaker());
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
