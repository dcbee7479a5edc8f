package io.llmrelay.failover;

import io.llmrelay.availability.Outcome;
import io.llmrelay.availability.Skip;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.chat.TokenUsage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/**
 * The failover state machine of one request. It takes events and returns actions; it has no clock
 * but the one it is given, and does no I/O.
 *
 * <pre>
 * PLANNING → ATTEMPTING → STREAMING → COMPLETED | FAILED | CANCELLED
 *               ↺ next candidate
 *            WAITING (for a retry delay, or for a slot) → ATTEMPTING
 * </pre>
 *
 * <p>ATTEMPTING lasts until the commit point. Everything an attempt produced before it is held, so
 * that a failure can be served by the next candidate as if nothing had happened. After it the
 * candidate is final: a failure in STREAMING ends the request with what was delivered.
 *
 * <p>Events and actions carry the number of the attempt they mean ({@link Leg}). An event that the
 * state has no use for (a late one of an aborted attempt, a second terminal) does nothing.
 *
 * <p>Time: {@link #deadline} is the next moment at which {@link #timer} must be called. Asking for
 * it costs nothing, so the edge keeps one lazy timer instead of one per chunk.
 */
final class Failover {
  enum State {
    PLANNING,
    ATTEMPTING,
    WAITING,
    STREAMING,
    COMPLETED,
    FAILED,
    CANCELLED
  }

  /** When a request that found no slot anywhere is told to come back. */
  private static final long SATURATED_RETRY_MS = 1_000;

  /** What a held block counts for, in bytes, beside its text. */
  private static final long BLOCK_BYTES = 64;

  private static final List<Action> NOTHING = List.of();

  private final List<Candidate> candidates;
  private final RunSettings settings;
  private final long inputCharacters;
  private final Admission admission;
  private final LongSupplier clock;
  private final DoubleSupplier random;
  private final long startedAt;

  private final Trail trail;
  private final List<Failure> failures = new ArrayList<>();
  private final Map<Candidate, Integer> retries = new HashMap<>();

  /** When a candidate may be tried again by this request, by the clock. */
  private final Map<Candidate, Long> availableAt = new HashMap<>();

  /** The same for later requests: who is left alone without having asked for it counts here too. */
  private final Map<Candidate, Long> backAt = new HashMap<>();

  /** The candidates that were skipped only because they had no free slot. */
  private final Set<Candidate> saturated = new LinkedHashSet<>();

  private State state = State.PLANNING;
  private boolean queued;
  private long queueUntil = Long.MAX_VALUE;
  private int next;
  private int rounds;

  /** The largest window that is known to be too small, in tokens; 0 where none is known. */
  private long tooSmallWindow;

  /** How many attempts there were. */
  private int legs;

  /** The attempt that runs, {@code null} where none does. */
  private Leg leg;

  /** The attempt that reached the commit point, {@code null} before. */
  private Leg serving;

  /** The candidate that is waited for, and until when. */
  private Candidate awaited;

  private long retryAt;
  private boolean paused;

  /**
   * A machine about to start.
   *
   * @param candidates the plan
   * @param inputCharacters length of the prompt, for estimates of usage
   * @param admission admits attempts and records their ends
   * @param clock milliseconds that only go forward
   * @param random jitter between 0 and 1
   */
  Failover(
      List<Candidate> candidates,
      RunSettings settings,
      long inputCharacters,
      Admission admission,
      LongSupplier clock,
      DoubleSupplier random) {
    this.candidates = candidates;
    this.settings = settings;
    this.inputCharacters = inputCharacters;
    this.admission = admission;
    this.clock = clock;
    this.random = random;
    this.startedAt = clock.getAsLong();
    this.trail = new Trail(startedAt);
  }

  State state() {
    return state;
  }

  /** Whether the request is over. */
  boolean terminal() {
    return state == State.COMPLETED || state == State.FAILED || state == State.CANCELLED;
  }

  /** Attempts and skipped candidates so far, the one that runs included. */
  List<Attempt> trail() {
    return trail.entries();
  }

  /** Milliseconds since the start. */
  long elapsed() {
    return clock.getAsLong() - startedAt;
  }

  /** What the consumer was sent; nothing before the commit point. */
  long deliveredBytes() {
    return serving == null ? 0 : serving.bytes;
  }

  /** PLANNING → ATTEMPTING, or FAILED where no candidate may be tried. */
  List<Action> start() {
    List<Action> actions = new ArrayList<>();
    if (state == State.PLANNING) {
      proceed(actions);
    }
    return actions;
  }

  // What happens to an attempt; what is told of one that does not run any more does nothing.

  private boolean runs(int number) {
    return leg != null && leg.number == number;
  }

  /** The response head has arrived. */
  List<Action> head(int number) {
    if (runs(number)) {
      leg.head = true;
    }
    return NOTHING;
  }

  /**
   * A block has started; it takes room while it is held, however short its text is. A tool call is
   * content without any text.
   */
  List<Action> block(int number, BlockKind kind) {
    if (!runs(number)) {
      return NOTHING;
    }
    if (state != State.STREAMING) {
      leg.heldBytes += BLOCK_BYTES;
    }
    if (kind == BlockKind.TOOL_CALL) {
      leg.calls = true;
      return chunks(number, kind, 1, 0, 1);
    }
    if (state == State.STREAMING) {
      return leg.deliver;
    }
    return leg.heldBytes > settings.latchMaxBytes() ? abandon(tooLarge()) : leg.hold;
  }

  /** Chunks of a kind have arrived at once, together of so many bytes and characters. */
  List<Action> chunks(int number, BlockKind kind, int count, int length, int characters) {
    if (!runs(number)) {
      return NOTHING;
    }
    if (kind == BlockKind.DATA) {
      return data(length);
    }
    boolean first = leg.silent();
    leg.count(count, length, characters, clock.getAsLong());
    if (state == State.STREAMING) {
      return leg.deliver;
    }
    leg.heldBytes += length;
    leg.heldCharacters += settings.commit().counts(kind) ? characters : 0;
    boolean commit = leg.heldCharacters >= settings.commit().characters();
    if (!commit && leg.heldBytes > settings.latchMaxBytes()) {
      return abandon(tooLarge());
    }
    if (!first && !commit) {
      return leg.hold;
    }
    List<Action> actions = new ArrayList<>();
    if (first) {
      actions.add(new Action.Answering(number));
    }
    if (commit) {
      commit(actions);
    }
    actions.addAll(commit ? leg.deliver : leg.hold);
    return actions;
  }

  /** Data accompanies content, but is none. */
  private List<Action> data(int length) {
    if (state == State.STREAMING) {
      leg.lastChunkAt = clock.getAsLong();
      return leg.deliver;
    }
    leg.heldBytes += length;
    return leg.heldBytes > settings.latchMaxBytes() ? abandon(tooLarge()) : leg.hold;
  }

  private Failure tooLarge() {
    return Failure.of(
        FailureKind.TOO_LARGE,
        "the answer grew past " + settings.latchMaxBytes() + " bytes before the commit point");
  }

  /**
   * The attempt ended by itself.
   *
   * @param usage what the provider said, {@link TokenUsage#NONE} if nothing
   */
  List<Action> ended(int number, FinishReason finishReason, TokenUsage usage) {
    if (!runs(number)) {
      return NOTHING;
    }
    boolean empty =
        leg.silent() || settings.commit().textOnly() && leg.heldCharacters == 0 && !leg.calls;
    if (empty && finishReason == FinishReason.CONTENT_FILTER) {
      return failed(
          number,
          Failure.of(FailureKind.CONTENT_FILTER, "the provider's content filter stopped the answer")
              .withUsage(usage, null));
    }
    if (empty && (finishReason == FinishReason.STOP || finishReason == FinishReason.OTHER)) {
      return failed(
          number,
          Failure.of(FailureKind.EMPTY_ANSWER, "the backend reported success without any content")
              .withUsage(usage, null));
    }
    List<Action> actions = new ArrayList<>();
    if (state == State.ATTEMPTING) {
      commit(actions);
    }
    TokenUsage known = known(usage);
    Double cost = leg.candidate.cost(known);
    Attempt attempt = trail.end(Attempt.Result.SERVED, null, 0, timing(), known, cost);
    over(actions, attempt, Outcome.ALIVE, null);
    actions.add(new Action.Complete(finishReason, known, trail.cost()));
    state = State.COMPLETED;
    return actions;
  }

  /** The attempt failed by itself. */
  List<Action> failed(int number, Failure failure) {
    return runs(number) ? failed(failure, new ArrayList<>()) : NOTHING;
  }

  private List<Action> failed(Failure failure, List<Action> actions) {
    return state == State.STREAMING ? after(failure, actions) : before(failure, actions);
  }

  /** The consumer cancelled or vanished. */
  List<Action> cancel(String reason) {
    return cancel(Failure.of(FailureKind.CANCELLED, reason));
  }

  /** The request is given up, by its consumer or by ourselves; that says nothing of a backend. */
  List<Action> cancel(Failure failure) {
    if (terminal()) {
      return NOTHING;
    }
    leaveQueue();
    List<Action> actions = new ArrayList<>();
    if (leg != null) {
      actions.add(new Action.Abort(leg.number));
      endAttempt(actions, Attempt.Result.CANCELLED, failure, Outcome.NEUTRAL);
    }
    state = State.CANCELLED;
    actions.add(
        new Action.Cancelled(
            failure
                .withDelivered(serving == null ? 0 : serving.chunks, deliveredBytes())
                .withUsage(trail.usage(), trail.cost())
                .withTrail(trail())));
    return actions;
  }

  /** A slot of a candidate that this request queued for is held for it now. */
  List<Action> slotGranted(Candidate candidate) {
    if (!queued) {
      return NOTHING;
    }
    List<Action> actions = new ArrayList<>();
    saturated.remove(candidate);
    boolean entered = enter(candidate, false, actions);
    leaveQueue();
    if (!entered) {
      proceed(actions);
    }
    return actions;
  }

  /** The consumer does not take any more for now: a stall is not the backend's. */
  void consumerPaused() {
    paused = true;
  }

  /** The consumer takes chunks again. */
  void consumerResumed() {
    paused = false;
    if (leg != null) {
      leg.lastChunkAt = clock.getAsLong();
    }
  }

  /**
   * When {@link #timer} must be called next, by the clock; {@link Long#MAX_VALUE} once it is over.
   */
  long deadline() {
    return terminal() ? Long.MAX_VALUE : Math.min(totalDeadline(), phaseDeadline());
  }

  /** Acts on every deadline that has passed. */
  List<Action> timer() {
    long now = clock.getAsLong();
    if (terminal() || now < deadline()) {
      return NOTHING;
    }
    if (now >= totalDeadline()) {
      return outOfTime();
    }
    return switch (state) {
      case WAITING -> {
        List<Action> actions = new ArrayList<>();
        boolean entered = !queued && enter(awaited, true, actions);
        leaveQueue();
        if (!entered) {
          proceed(actions);
        }
        yield actions;
      }
      case ATTEMPTING, STREAMING ->
          abandon(Failure.of(FailureKind.TIMEOUT, phase() + " within " + limitOfPhase()));
      default -> NOTHING;
    };
  }

  private long totalDeadline() {
    return startedAt + settings.timeouts().total().toMillis();
  }

  private long phaseDeadline() {
    if (state == State.PLANNING) {
      return Long.MAX_VALUE;
    }
    if (state == State.WAITING) {
      return retryAt;
    }
    if (leg.silent()) {
      long untilChunk = leg.startedAt + settings.firstChunk(leg.candidate).toMillis();
      Duration untilHead = settings.timeouts().head();
      return leg.head || untilHead == null
          ? untilChunk
          : Math.min(untilChunk, leg.startedAt + untilHead.toMillis());
    }
    return paused ? Long.MAX_VALUE : leg.lastChunkAt + settings.timeouts().stall().toMillis();
  }

  private String phase() {
    if (!leg.silent()) {
      return "no further chunk";
    }
    return leg.head ? "no first chunk" : "no response head";
  }

  private String limitOfPhase() {
    if (!leg.silent()) {
      return settings.timeouts().stall().toMillis() + " ms";
    }
    return clock.getAsLong() - leg.startedAt + " ms";
  }

  private void commit(List<Action> actions) {
    state = State.STREAMING;
    serving = leg;
    trail.serving(timing());
    actions.add(new Action.Release(leg.number, leg.candidate));
  }

  /** A running attempt is given up: abort it, then it has failed. */
  private List<Action> abandon(Failure failure) {
    List<Action> actions = new ArrayList<>();
    actions.add(new Action.Abort(leg.number));
    return failed(failure, actions);
  }

  /** A failure before the commit point. */
  private List<Action> before(Failure failure, List<Action> actions) {
    Candidate current = leg.candidate;
    Failure placed = failure.withCandidate(current.backend(), current.model());
    FailureRule rule = FailureRule.of(failure.kind());
    failures.add(placed);
    endAttempt(actions, Attempt.Result.FAILED, placed, rule.outcome());
    if (rule.next() == FailureRule.Next.NOBODY) {
      fail(actions, placed);
      return actions;
    }
    if (rule.next() == FailureRule.Next.LARGER_WINDOW) {
      tooSmallWindow = Math.max(tooSmallWindow, current.contextWindow());
    }
    if (rule.retry() || failure.retryAfterMs() >= 0) {
      availableAt.put(current, clock.getAsLong() + Math.max(0, failure.retryAfterMs()));
    } else {
      availableAt.remove(current);
    }
    long wait = rule.waitMs(failure);
    if (rule.retry() || wait > 0) {
      backAt.put(current, clock.getAsLong() + wait);
    } else {
      backAt.remove(current);
    }
    if (!rule.retry()) {
      retries.put(current, settings.maxRetries());
    }
    if (failure.kind() == FailureKind.TIMEOUT
        || !mayRetry(current)
        || admission.check(current) != null
        || !await(current)) {
      proceed(actions);
    }
    return actions;
  }

  /** A failure after the commit point: final, whatever it is. */
  private List<Action> after(Failure failure, List<Action> actions) {
    Failure placed = failure.withCandidate(leg.candidate.backend(), leg.candidate.model());
    FailureRule rule = FailureRule.of(failure.kind());
    endAttempt(actions, Attempt.Result.FAILED, placed, rule.outcome());
    long wait = rule.waitMs(failure);
    fail(
        actions,
        placed.withDelivered(serving.chunks, serving.bytes).withRetryAfterMs(wait > 0 ? wait : -1));
    return actions;
  }

  private List<Action> outOfTime() {
    Failure failure =
        Failure.of(
            FailureKind.TIMEOUT,
            "the request was not done within " + settings.timeouts().total().toMillis() + " ms");
    List<Action> actions = new ArrayList<>();
    if (leg != null) {
      Candidate current = leg.candidate;
      actions.add(new Action.Abort(leg.number));
      // The budget is the whole request's; this attempt may have had the last second of it only.
      endAttempt(actions, Attempt.Result.FAILED, failure, Outcome.NEUTRAL);
      failure = failure.withCandidate(current.backend(), current.model());
    }
    fail(actions, serving == null ? failure : failure.withDelivered(serving.chunks, serving.bytes));
    return actions;
  }

  private void endAttempt(
      List<Action> actions, Attempt.Result result, Failure failure, Outcome outcome) {
    TokenUsage usage = TokenUsage.atLeast(failure.usage(), inputCharacters, leg.characters);
    Double cost = leg.candidate.cost(usage);
    Attempt attempt = trail.end(result, failure, failure.status(), timing(), usage, cost);
    over(actions, attempt, outcome, failure);
  }

  /** The attempt that runs is over; what comes from it now is late. */
  private void over(List<Action> actions, Attempt attempt, Outcome outcome, Failure failure) {
    admission.leave(leg.number, leg.candidate, attempt, outcome, failure);
    actions.add(new Action.Ended(leg.number, leg.candidate, attempt, outcome, failure));
    leg = null;
  }

  private Trail.Timing timing() {
    return leg.timing(clock.getAsLong());
  }

  /** What the provider said, or an estimate where it delivered something without saying. */
  private TokenUsage known(TokenUsage said) {
    if (said.source() != TokenUsage.Source.NONE || leg.characters == 0) {
      return said;
    }
    return TokenUsage.estimate(inputCharacters, leg.characters);
  }

  /**
   * Tries the next candidate that may be tried; none left: waits for a slot, or for the candidate
   * that is available first, or fails.
   */
  private void proceed(List<Action> actions) {
    while (next < candidates.size()) {
      if (enter(candidates.get(next++), false, actions)) {
        return;
      }
    }
    if (awaitSlot()) {
      return;
    }
    if (rounds < settings.maxRetries() && awaitSoonest()) {
      rounds++;
      return;
    }
    fail(actions, summary());
  }

  /** Starts an attempt at a candidate, unless it may not be tried; then its turn is over. */
  private boolean enter(Candidate candidate, boolean waited, List<Action> actions) {
    Skip skip =
        tooSmall(candidate)
            ? new Skip(
                SkipReason.CONTEXT_WINDOW,
                FailureKind.CONTEXT_LENGTH,
                "its context window is no larger",
                -1)
            : admission.enter(legs + 1, candidate, waited);
    if (skip != null) {
      trail.skip(candidate, skip, clock.getAsLong());
      if (skip.reason() == SkipReason.SATURATED) {
        saturated.add(candidate);
      }
      if (skip.availableInMs() >= 0) {
        availableAt.put(candidate, clock.getAsLong() + skip.availableInMs());
        backAt.put(candidate, availableAt.get(candidate));
      }
      return false;
    }
    Candidate from = trail.lastCandidate();
    if (from != null && !from.equals(candidate)) {
      actions.add(new Action.FellBack(from, candidate, trail.lastReason()));
    }
    begin(candidate);
    actions.add(new Action.Start(leg.number, candidate));
    return true;
  }

  private boolean tooSmall(Candidate candidate) {
    return candidate.contextWindow() > 0 && candidate.contextWindow() <= tooSmallWindow;
  }

  private void begin(Candidate candidate) {
    state = State.ATTEMPTING;
    leg = new Leg(++legs, candidate, clock.getAsLong());
    trail.begin(candidate);
  }

  private boolean mayRetry(Candidate candidate) {
    return retries.getOrDefault(candidate, 0) < settings.maxRetries();
  }

  /** Waits in the queues of the candidates that only lack a slot. */
  private boolean awaitSlot() {
    long now = clock.getAsLong();
    if (saturated.isEmpty() || now >= queueUntil || !admission.queue(List.copyOf(saturated))) {
      return false;
    }
    queueUntil = Math.min(queueUntil, now + settings.queueWait().toMillis());
    queued = true;
    state = State.WAITING;
    retryAt = queueUntil;
    return true;
  }

  private void leaveQueue() {
    if (queued) {
      queued = false;
      admission.leaveQueue();
    }
  }

  /** Waits for the candidate that is available first, whether it failed or was skipped. */
  private boolean awaitSoonest() {
    Candidate soonest = null;
    for (Candidate candidate : candidates) {
      if (availableAt.containsKey(candidate)
          && mayRetry(candidate)
          && !tooSmall(candidate)
          && willBeAllowed(candidate)
          && (soonest == null || availableAt.get(candidate) < availableAt.get(soonest))) {
        soonest = candidate;
      }
    }
    return soonest != null && await(soonest);
  }

  /** Whether a candidate will be admitted once it is available; it may say later than known. */
  private boolean willBeAllowed(Candidate candidate) {
    Skip skip = admission.check(candidate);
    if (skip != null && skip.availableInMs() >= 0) {
      availableAt.merge(candidate, clock.getAsLong() + skip.availableInMs(), Math::max);
    }
    return skip == null || skip.availableInMs() >= 0;
  }

  /** Goes to WAITING if the wait is short enough and fits into what is left of the budget. */
  private boolean await(Candidate candidate) {
    long now = clock.getAsLong();
    long max = settings.retryMaxDelay().toMillis();
    long asked = availableAt.get(candidate) - now;
    int tries = retries.getOrDefault(candidate, 0);
    long backoff = Math.min(max, settings.retryBaseDelay().toMillis() << Math.min(tries, 16));
    long jittered = backoff / 2 + (long) (backoff / 2.0 * random.getAsDouble());
    long delay = Math.max(asked, jittered);
    if (asked > max || now + delay >= totalDeadline()) {
      return false;
    }
    retries.merge(candidate, 1, Integer::sum);
    state = State.WAITING;
    awaited = candidate;
    retryAt = now + delay;
    return true;
  }

  private void fail(List<Action> actions, Failure failure) {
    leaveQueue();
    state = State.FAILED;
    actions.add(new Action.Fail(failure.withUsage(trail.usage(), trail.cost()).withTrail(trail())));
  }

  /**
   * Why nobody could serve it: the one failure there was, or all that was tried in one sentence.
   */
  private Failure summary() {
    long soonest = Long.MAX_VALUE;
    long now = clock.getAsLong();
    for (long at : backAt.values()) {
      soonest = Math.min(soonest, at - now);
    }
    Failure failure =
        failures.size() == 1 && trail.entries().size() == 1
            ? failures.get(0)
            : Failure.of(trail.commonKind(), "no backend could serve the request: " + trail);
    if (failure.kind() == FailureKind.SATURATED) {
      return failure.withRetryAfterMs(SATURATED_RETRY_MS);
    }
    // Something that may be tried at once says nothing about waiting.
    return failure.withRetryAfterMs(soonest == Long.MAX_VALUE || soonest <= 0 ? -1 : soonest);
  }

  /** For messages and tests. */
  @Override
  public String toString() {
    return state + " " + (leg == null ? "" : leg.candidate) + " " + Duration.ofMillis(elapsed());
  }
}
