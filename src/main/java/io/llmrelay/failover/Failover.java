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
 * The failover state machine of one request. It takes events and returns actions; its clock is
 * injected, and it does no I/O.
 *
 * <pre>
 * PLANNING → ATTEMPTING → STREAMING → COMPLETED | FAILED | CANCELLED
 *               ↺ next candidate
 *            WAITING (for a retry delay, or for a slot) → ATTEMPTING
 * </pre>
 *
 * <p>ATTEMPTING lasts until the commit point. Until then the output of an attempt is held, so that
 * after a failure the next candidate can serve the request from the start. Then the candidate is
 * final: a failure in STREAMING ends the request with what was delivered.
 *
 * <p>Events and actions carry the number of their attempt ({@link Leg}). Events of attempts that
 * have ended are ignored, as are events after the end of the request.
 *
 * <p>Time: {@link #deadline} is the next time at which {@link #timer} must be called. It is cheap
 * to compute, so that the caller keeps one lazy timer instead of one per chunk.
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

  /** The retry delay that is suggested if no slot is free. */
  private static final long SATURATED_RETRY_MS = 1_000;

  /** The bytes that a held block counts for in addition to its text. */
  private static final long BLOCK_BYTES = 64;

  private static final List<Action> NOTHING = List.of();

  private List<Candidate> candidates;
  private final RunSettings settings;
  private final long inputCharacters;
  private final Admission admission;
  private final LongSupplier clock;
  private final DoubleSupplier random;
  private final long startedAt;

  private final Trail trail;
  private List<Failure> failures = new ArrayList<>();
  private Map<Candidate, Integer> retries = new HashMap<>();

  /** When this request may try a candidate again, by the clock. */
  private Map<Candidate, Long> availableAt = new HashMap<>();

  /** When later requests may try a candidate again: default cooldowns count as well. */
  private Map<Candidate, Long> laterAvailableAt = new HashMap<>();

  /** The candidates that were skipped only because they had no free slot. */
  private Set<Candidate> saturated = new LinkedHashSet<>();

  private State state = State.PLANNING;
  private boolean queued;
  private long queueUntil = Long.MAX_VALUE;

  /** The wait for a slot for which the request could not queue. */
  private long expectedWaitMs;

  private int next;
  private int rounds;

  /** The largest context window known to be too small, in tokens; 0 if none is. */
  private long tooSmallWindow;

  /** The number of attempts. */
  private int attempts;

  /** The current attempt, or {@code null}. */
  private Leg leg;

  /** The attempt that reached the commit point, {@code null} before. */
  private Leg serving;

  /** The candidate whose retry is delayed. */
  private Candidate awaited;

  private long retryAt;
  private boolean paused;

  /**
   * @param candidates the plan
   * @param inputCharacters the length of the prompt, for estimates of the usage
   * @param admission admits attempts and records their ends
   * @param clock a monotonic clock in milliseconds
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

  /** Returns whether the request has ended. */
  boolean terminal() {
    return state == State.COMPLETED || state == State.FAILED || state == State.CANCELLED;
  }

  /** Returns the attempts and skipped candidates so far. */
  List<Attempt> trail() {
    return trail.entries();
  }

  /** Returns the milliseconds since the start. */
  long elapsed() {
    return clock.getAsLong() - startedAt;
  }

  /** Returns the bytes delivered to the consumer; 0 before the commit point. */
  long deliveredBytes() {
    return serving == null ? 0 : serving.bytes;
  }

  /** Starts the first attempt, or fails if no candidate may be tried. */
  List<Action> start() {
    List<Action> actions = new ArrayList<>();
    if (state == State.PLANNING) {
      proceed(actions);
    }
    return actions;
  }

  // Events of an attempt.

  private boolean isCurrent(int number) {
    return leg != null && leg.number == number;
  }

  /** Records the arrival of the response head. */
  List<Action> head(int number) {
    if (isCurrent(number)) {
      leg.headReceived = true;
    }
    return NOTHING;
  }

  /**
   * Records the start of a block. While held it counts towards the size of the latch, however short
   * its text is. A tool call is content even without arguments.
   */
  List<Action> block(int number, BlockKind kind) {
    if (!isCurrent(number)) {
      return NOTHING;
    }
    if (state != State.STREAMING) {
      leg.heldBytes += BLOCK_BYTES;
    }
    if (kind == BlockKind.TOOL_CALL) {
      leg.hasToolCalls = true;
      return chunks(number, kind, 1, 0, 1);
    }
    if (state == State.STREAMING) {
      return leg.deliver;
    }
    return leg.heldBytes > settings.latchMaxBytes() ? abort(tooLarge()) : leg.hold;
  }

  /** Records the start of images: content, whose chunks are recorded as data. */
  List<Action> images(int number) {
    if (!isCurrent(number)) {
      return NOTHING;
    }
    leg.heldBytes += state == State.STREAMING ? 0 : BLOCK_BYTES;
    return chunks(number, BlockKind.OTHER, 1, 0, 1);
  }

  /** Records chunks that arrived at once, with their total length in bytes and characters. */
  List<Action> chunks(int number, BlockKind kind, int count, int length, int characters) {
    if (!isCurrent(number)) {
      return NOTHING;
    }
    if (kind.accompanies()) {
      return accompanying(length);
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
      return abort(tooLarge());
    }
    if (!first && !commit) {
      return leg.hold;
    }
    List<Action> actions = new ArrayList<>();
    if (first) {
      actions.add(new Action.FirstChunk(number));
    }
    if (commit) {
      commit(actions);
    }
    actions.addAll(commit ? leg.deliver : leg.hold);
    return actions;
  }

  /** Records data or events, which accompany content and are none. */
  private List<Action> accompanying(int length) {
    if (state == State.STREAMING) {
      leg.lastChunkAt = clock.getAsLong();
      return leg.deliver;
    }
    leg.heldBytes += length;
    return leg.heldBytes > settings.latchMaxBytes() ? abort(tooLarge()) : leg.hold;
  }

  private Failure tooLarge() {
    return Failure.of(
        FailureKind.TOO_LARGE,
        "the answer exceeded the "
            + settings.latchMaxBytes()
            + " bytes of latch.max-size before the commit point");
  }

  /**
   * Records the end of an attempt's answer.
   *
   * @param usage the usage that the provider reported, or {@link TokenUsage#NONE}
   */
  List<Action> ended(int number, FinishReason finishReason, TokenUsage usage) {
    if (!isCurrent(number)) {
      return NOTHING;
    }
    boolean empty =
        leg.silent()
            || settings.commit().textOnly() && leg.heldCharacters == 0 && !leg.hasToolCalls;
    if (empty && finishReason == FinishReason.CONTENT_FILTER) {
      return failed(
          number,
          Failure.of(FailureKind.CONTENT_FILTER, "the provider's content filter stopped the answer")
              .withUsage(usage, null));
    }
    if (empty && finishReason != FinishReason.LENGTH) {
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
    end(actions, attempt, Outcome.ALIVE, null);
    actions.add(new Action.Complete(finishReason, known, trail.cost()));
    state = State.COMPLETED;
    return actions;
  }

  /** Records the failure of an attempt. */
  List<Action> failed(int number, Failure failure) {
    return isCurrent(number) ? failed(failure, new ArrayList<>()) : NOTHING;
  }

  private List<Action> failed(Failure failure, List<Action> actions) {
    return state == State.STREAMING
        ? failedAfterCommit(failure, actions)
        : failedBeforeCommit(failure, actions);
  }

  /** Cancels the request because the consumer cancelled or vanished. */
  List<Action> cancel(String reason) {
    return cancel(Failure.of(FailureKind.CANCELLED, reason));
  }

  /** Cancels the request; the outcome of its attempt is neutral. */
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

  /** Records that a slot for which the request queued is granted. */
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

  /** Suspends the stall timeout because the consumer is a window behind. */
  void consumerPaused() {
    paused = true;
  }

  /** Resumes the stall timeout. */
  void consumerResumed() {
    paused = false;
    if (leg != null) {
      leg.lastChunkAt = clock.getAsLong();
    }
  }

  /**
   * Returns when {@link #timer} must be called next, by the clock; {@link Long#MAX_VALUE} after the
   * end.
   */
  long deadline() {
    return terminal() ? Long.MAX_VALUE : Math.min(totalDeadline(), phaseDeadline());
  }

  /** Handles a deadline that has passed. */
  List<Action> timer() {
    long now = clock.getAsLong();
    if (terminal() || now < deadline()) {
      return NOTHING;
    }
    if (now >= totalDeadline()) {
      return totalTimeout();
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
          abort(Failure.of(FailureKind.TIMEOUT, phase() + " within " + limitOfPhase()));
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
      return leg.headReceived || untilHead == null
          ? untilChunk
          : Math.min(untilChunk, leg.startedAt + untilHead.toMillis());
    }
    return paused ? Long.MAX_VALUE : leg.lastChunkAt + settings.timeouts().stall().toMillis();
  }

  private String phase() {
    if (!leg.silent()) {
      return "no further chunk";
    }
    return leg.headReceived ? "no first chunk" : "no response head";
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
    forgetOtherCandidates();
  }

  /** Releases what only serves to choose a candidate: the current one is final. */
  private void forgetOtherCandidates() {
    candidates = List.of();
    failures = List.of();
    retries = Map.of();
    availableAt = Map.of();
    laterAvailableAt = Map.of();
    saturated = Set.of();
  }

  /** Aborts the current attempt at its backend, and handles its failure. */
  private List<Action> abort(Failure failure) {
    List<Action> actions = new ArrayList<>();
    actions.add(new Action.Abort(leg.number));
    return failed(failure, actions);
  }

  /** Tries the next candidate, or the same one again, as the {@link FailureRule} permits. */
  private List<Action> failedBeforeCommit(Failure failure, List<Action> actions) {
    Candidate current = leg.candidate;
    Failure located = failure.withCandidate(current.backend(), current.model());
    FailureRule rule = FailureRule.of(failure.kind());
    failures.add(located);
    endAttempt(actions, Attempt.Result.FAILED, located, rule.outcome());
    if (rule.next() == FailureRule.Next.NONE) {
      fail(actions, located);
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
    long cooldown = rule.cooldownMs(failure);
    if (rule.retry() || cooldown > 0) {
      laterAvailableAt.put(current, clock.getAsLong() + cooldown);
    } else {
      laterAvailableAt.remove(current);
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

  /** Fails the request: there is no fallback after the commit point. */
  private List<Action> failedAfterCommit(Failure failure, List<Action> actions) {
    Failure located = failure.withCandidate(leg.candidate.backend(), leg.candidate.model());
    FailureRule rule = FailureRule.of(failure.kind());
    endAttempt(actions, Attempt.Result.FAILED, located, rule.outcome());
    long cooldown = rule.cooldownMs(failure);
    fail(
        actions,
        located
            .withDelivered(serving.chunks, serving.bytes)
            .withRetryAfterMs(cooldown > 0 ? cooldown : -1));
    return actions;
  }

  private List<Action> totalTimeout() {
    Failure failure =
        Failure.of(
            FailureKind.TIMEOUT,
            "the request did not complete within "
                + settings.timeouts().total().toMillis()
                + " ms");
    List<Action> actions = new ArrayList<>();
    if (leg != null) {
      Candidate current = leg.candidate;
      actions.add(new Action.Abort(leg.number));
      // The timeout is not about this attempt, which may have begun a second ago.
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
    end(actions, attempt, outcome, failure);
  }

  /** Ends the current attempt; its further events are ignored. */
  private void end(List<Action> actions, Attempt attempt, Outcome outcome, Failure failure) {
    admission.leave(leg.number, leg.candidate, attempt, outcome, failure);
    actions.add(new Action.Ended(leg.number, leg.candidate, attempt, outcome, failure));
    leg = null;
  }

  private Trail.Timing timing() {
    return leg.timing(clock.getAsLong());
  }

  /** Returns the reported usage, or an estimate if none was reported for a non-empty answer. */
  private TokenUsage known(TokenUsage reported) {
    if (reported.source() != TokenUsage.Source.NONE || leg.silent()) {
      return reported;
    }
    return TokenUsage.estimate(inputCharacters, leg.characters);
  }

  /**
   * Tries the next candidate that is admitted. If none is left, waits for a slot or for the
   * candidate that is available first, or fails.
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

  /** Starts an attempt at a candidate, or records why it is skipped and returns false. */
  private boolean enter(Candidate candidate, boolean waited, List<Action> actions) {
    Skip skip =
        tooSmall(candidate)
            ? new Skip(
                SkipReason.CONTEXT_WINDOW,
                FailureKind.CONTEXT_LENGTH,
                "its context window is too small as well",
                -1)
            : admission.enter(attempts + 1, candidate, waited);
    if (skip != null) {
      trail.skip(candidate, skip, clock.getAsLong());
      if (skip.reason() == SkipReason.SATURATED) {
        saturated.add(candidate);
      }
      if (skip.availableInMs() >= 0) {
        availableAt.put(candidate, clock.getAsLong() + skip.availableInMs());
        laterAvailableAt.put(candidate, availableAt.get(candidate));
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
    leg = new Leg(++attempts, candidate, clock.getAsLong());
    trail.begin(candidate);
  }

  private boolean mayRetry(Candidate candidate) {
    return retries.getOrDefault(candidate, 0) < settings.maxRetries();
  }

  /** Queues for the candidates that only lack a slot; returns false if that is not possible. */
  private boolean awaitSlot() {
    long now = clock.getAsLong();
    if (saturated.isEmpty() || now >= queueUntil) {
      return false;
    }
    long until = Math.min(queueUntil, now + settings.queueWait().toMillis());
    long wait = admission.queue(List.copyOf(saturated), Math.min(until, totalDeadline()) - now);
    if (wait != Admission.QUEUED) {
      expectedWaitMs = wait;
      return false;
    }
    queueUntil = until;
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

  /** Waits for the failed or skipped candidate that is available first, if there is one. */
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

  /** Returns whether a candidate will be admitted once it is available; may postpone that time. */
  private boolean willBeAllowed(Candidate candidate) {
    Skip skip = admission.check(candidate);
    if (skip != null && skip.availableInMs() >= 0) {
      availableAt.merge(candidate, clock.getAsLong() + skip.availableInMs(), Math::max);
    }
    return skip == null || skip.availableInMs() >= 0;
  }

  /** Waits for a candidate if the delay is permitted and ends before the total timeout. */
  private boolean await(Candidate candidate) {
    long now = clock.getAsLong();
    long max = settings.retryMaxDelay().toMillis();
    long requested = availableAt.get(candidate) - now;
    int tries = retries.getOrDefault(candidate, 0);
    long backoff = Math.min(max, settings.retryBaseDelay().toMillis() << Math.min(tries, 16));
    long jittered = backoff / 2 + (long) (backoff / 2.0 * random.getAsDouble());
    long delay = Math.max(requested, jittered);
    if (requested > max || now + delay >= totalDeadline()) {
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

  /** Returns the failure of the request: the only failure, or one that summarizes the trail. */
  private Failure summary() {
    long soonest = Long.MAX_VALUE;
    long now = clock.getAsLong();
    for (long at : laterAvailableAt.values()) {
      soonest = Math.min(soonest, at - now);
    }
    Failure failure =
        failures.size() == 1 && trail.entries().size() == 1
            ? failures.get(0)
            : Failure.of(trail.commonKind(), "no backend could serve the request: " + trail);
    if (failure.kind() == FailureKind.SATURATED) {
      return failure.withRetryAfterMs(Math.max(SATURATED_RETRY_MS, expectedWaitMs));
    }
    // No delay is suggested if a candidate may be tried at once.
    return failure.withRetryAfterMs(soonest == Long.MAX_VALUE || soonest <= 0 ? -1 : soonest);
  }

  /** Returns the state, the candidate and the elapsed time, for messages and tests. */
  @Override
  public String toString() {
    return state + " " + (leg == null ? "" : leg.candidate) + " " + Duration.ofMillis(elapsed());
  }
}
