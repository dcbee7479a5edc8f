package io.llmrelay.failover;

import io.llmrelay.availability.Outcome;
import io.llmrelay.availability.Skip;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.Resume;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.chat.TokenUsage;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
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
 * <p>Two exceptions, both asked for. A <em>hedge</em>: while the only attempt is silent, the next
 * candidate starts too; the first to commit serves, and the other is aborted. A <em>resume</em>:
 * after a failure in STREAMING other attempts are made, one after the other, whose output is
 * reported by {@link #skipped} until the caller has found the place where it continues what was
 * delivered ({@link #spliced}), or that it does not ({@link #diverged}).
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

  /** {@code null} until a candidate has failed or was skipped, and after the commit point. */
  private RetrySchedule retries;

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

  /** The attempts in flight: two while a hedge runs, otherwise one or none. */
  private final List<Leg> legs = new ArrayList<>(2);

  /** The attempt whose output is delivered, or was last; {@code null} before the commit point. */
  private Leg serving;

  private long firstChunkMs = -1;

  /** What was delivered before {@link #serving} took over. */
  private long earlierChunks;

  private long earlierBytes;

  /** The usage of the attempts that have ended since the commit point. */
  private TokenUsage usage = TokenUsage.NONE;

  /** The candidates that have not been asked to resume the answer; {@code null} before. */
  private Deque<Candidate> resuming;

  /** The failure that broke the answer off. */
  private Failure breakage;

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

  /**
   * Returns the milliseconds from the start to the first chunk of the attempt that reached the
   * commit point; -1 without one.
   */
  long firstChunkMs() {
    return firstChunkMs;
  }

  /** Returns the bytes delivered to the consumer; 0 before the commit point. */
  long deliveredBytes() {
    return serving == null ? 0 : earlierBytes + serving.bytes - serving.skippedBytes;
  }

  private long deliveredChunks() {
    return serving == null ? 0 : earlierChunks + serving.chunks - serving.skippedChunks;
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

  /** Returns the attempt with this number; {@code null} if it has ended. */
  private Leg leg(int number) {
    for (int i = 0; i < legs.size(); i++) {
      if (legs.get(i).number == number) {
        return legs.get(i);
      }
    }
    return null;
  }

  /** Returns the attempt with this number; {@code null} if its output is not to be delivered. */
  private Leg outputOf(int number) {
    Leg leg = leg(number);
    return state == State.STREAMING && leg != serving ? null : leg;
  }

  /** Records the arrival of the response head. */
  List<Action> head(int number) {
    Leg leg = leg(number);
    if (leg != null) {
      leg.headReceived = true;
    }
    return NOTHING;
  }

  /**
   * Records the start of a block. While held it counts towards the size of the latch, however short
   * its text is. A tool call is content even without arguments.
   */
  List<Action> block(int number, BlockKind kind) {
    Leg leg = outputOf(number);
    if (leg == null) {
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
    return leg.heldBytes > settings.latchMaxBytes() ? abort(leg, tooLarge()) : leg.hold;
  }

  /** Records the start of images: content, whose chunks are recorded as data. */
  List<Action> images(int number) {
    Leg leg = outputOf(number);
    if (leg == null) {
      return NOTHING;
    }
    leg.heldBytes += state == State.STREAMING ? 0 : BLOCK_BYTES;
    return chunks(number, BlockKind.OTHER, 1, 0, 1);
  }

  /** Records chunks that arrived at once, with their total length in bytes and characters. */
  List<Action> chunks(int number, BlockKind kind, int count, int length, int characters) {
    Leg leg = outputOf(number);
    if (leg == null) {
      return NOTHING;
    }
    if (kind.accompanies()) {
      return accompanying(leg, length);
    }
    boolean first = leg.silent();
    leg.count(count, length, characters, clock.getAsLong());
    if (state == State.STREAMING) {
      return first ? List.of(new Action.FirstChunk(number), leg.deliver.get(0)) : leg.deliver;
    }
    leg.heldBytes += length;
    leg.heldCharacters += settings.commit().counts(kind) ? characters : 0;
    boolean commit = leg.heldCharacters >= settings.commit().characters();
    if (!commit && leg.heldBytes > settings.latchMaxBytes()) {
      return abort(leg, tooLarge());
    }
    if (!first && !commit) {
      return leg.hold;
    }
    List<Action> actions = new ArrayList<>();
    if (first) {
      actions.add(new Action.FirstChunk(number));
    }
    if (commit) {
      commit(leg, actions);
    }
    actions.addAll(commit ? leg.deliver : leg.hold);
    return actions;
  }

  /** Records data or events, which accompany content and are none. */
  private List<Action> accompanying(Leg leg, int length) {
    if (state == State.STREAMING) {
      leg.lastChunkAt = clock.getAsLong();
      return leg.deliver;
    }
    leg.heldBytes += length;
    return leg.heldBytes > settings.latchMaxBytes() ? abort(leg, tooLarge()) : leg.hold;
  }

  private Failure tooLarge() {
    return Failure.of(
        FailureKind.TOO_LARGE,
        "the answer exceeded the "
            + settings.latchMaxBytes()
            + " bytes of latch.max-size before the commit point");
  }

  /**
   * Records output of an attempt that is to resume the answer and that is not delivered: it repeats
   * what was, or it is not known yet whether it continues that.
   */
  List<Action> skipped(int number, int count, int length, int characters) {
    Leg leg = leg(number);
    if (leg == null) {
      return NOTHING;
    }
    boolean first = leg.silent();
    leg.count(count, length, characters, clock.getAsLong());
    leg.skippedChunks += count;
    leg.skippedBytes += length;
    return first ? List.of(new Action.FirstChunk(number)) : NOTHING;
  }

  /**
   * Records that an attempt continues what was delivered.
   *
   * @param length the bytes that were skipped and are delivered after all
   */
  List<Action> spliced(int number, int length) {
    Leg leg = leg(number);
    if (leg == null) {
      return NOTHING;
    }
    Candidate from = serving.candidate;
    earlierChunks = deliveredChunks();
    earlierBytes = deliveredBytes();
    serving = leg;
    leg.resumedAt = earlierBytes;
    leg.skippedBytes -= length;
    leg.skippedChunks -= length > 0 ? 1 : 0;
    trail.serving(leg, leg.timing(clock.getAsLong()));
    return List.of(
        new Action.Resumed(number, from, leg.candidate, breakage.kind().code(), earlierBytes));
  }

  /** Records that the output of an attempt does not continue what was delivered. */
  List<Action> diverged(int number, String message) {
    Leg leg = leg(number);
    if (leg == null) {
      return NOTHING;
    }
    List<Action> actions = new ArrayList<>();
    actions.add(new Action.Abort(number));
    TokenUsage known = estimated(TokenUsage.NONE, leg);
    end(leg, Attempt.Result.DIVERGED, null, message, known, Outcome.ALIVE, actions);
    resume(actions);
    return actions;
  }

  /**
   * Records the end of an attempt's answer.
   *
   * @param reported the usage that the provider reported, or {@link TokenUsage#NONE}
   */
  List<Action> ended(int number, FinishReason finishReason, TokenUsage reported) {
    Leg leg = leg(number);
    if (leg == null) {
      return NOTHING;
    }
    if (outputOf(number) == null) {
      return diverged(number, "its answer ended without a repetition of what was delivered");
    }
    boolean empty =
        leg.silent()
            || settings.commit().textOnly() && leg.heldCharacters == 0 && !leg.hasToolCalls;
    if (leg.resumedAt >= 0) {
      empty = false; // What was delivered before was all of the answer.
    }
    if (empty && finishReason == FinishReason.CONTENT_FILTER) {
      return failed(
          number,
          Failure.of(FailureKind.CONTENT_FILTER, "the provider's content filter stopped the answer")
              .withUsage(reported, null));
    }
    if (empty && finishReason != FinishReason.LENGTH) {
      return failed(
          number,
          Failure.of(FailureKind.EMPTY_ANSWER, "the backend reported success without any content")
              .withUsage(reported, null));
    }
    List<Action> actions = new ArrayList<>();
    if (state == State.ATTEMPTING) {
      commit(leg, actions);
    }
    end(leg, Attempt.Result.SERVED, null, null, known(leg, reported), Outcome.ALIVE, actions);
    actions.add(new Action.Complete(finishReason, usage, trail.cost()));
    state = State.COMPLETED;
    return actions;
  }

  /** Records the failure of an attempt. */
  List<Action> failed(int number, Failure failure) {
    Leg leg = leg(number);
    return leg == null ? NOTHING : failed(leg, failure, new ArrayList<>());
  }

  private List<Action> failed(Leg leg, Failure failure, List<Action> actions) {
    Failure located = failure.withCandidate(leg.candidate.backend(), leg.candidate.model());
    if (state == State.STREAMING) {
      failedAfterCommit(leg, located, actions);
    } else {
      failedBeforeCommit(leg, located, actions);
    }
    return actions;
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
    for (Leg leg : List.copyOf(legs)) {
      actions.add(new Action.Abort(leg.number));
      end(leg, Attempt.Result.CANCELLED, failure, Outcome.NEUTRAL, actions);
    }
    state = State.CANCELLED;
    actions.add(new Action.Cancelled(complete(failure)));
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
    legs.forEach(leg -> leg.lastChunkAt = clock.getAsLong());
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
      case ATTEMPTING, STREAMING -> {
        List<Action> actions = new ArrayList<>();
        for (Leg leg : List.copyOf(legs)) {
          if (legs.contains(leg) && now >= deadline(leg)) {
            abort(leg, timeout(leg), actions);
          }
        }
        if (now >= hedgeAt()) {
          hedge(actions);
        }
        yield actions;
      }
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
    long first = hedgeAt();
    for (int i = 0; i < legs.size(); i++) {
      first = Math.min(first, deadline(legs.get(i)));
    }
    return first;
  }

  private long deadline(Leg leg) {
    if (leg.silent()) {
      long untilChunk = leg.startedAt + settings.firstChunk(leg.candidate).toMillis();
      Duration untilHead = settings.timeouts().head();
      return leg.headReceived || untilHead == null
          ? untilChunk
          : Math.min(untilChunk, leg.startedAt + untilHead.toMillis());
    }
    return paused ? Long.MAX_VALUE : leg.lastChunkAt + settings.timeouts().stall().toMillis();
  }

  private Failure timeout(Leg leg) {
    String missing =
        !leg.silent()
            ? "no further chunk"
            : leg.headReceived ? "no first chunk" : "no response head";
    long limit =
        leg.silent() ? clock.getAsLong() - leg.startedAt : settings.timeouts().stall().toMillis();
    return Failure.of(FailureKind.TIMEOUT, missing + " within " + limit + " ms");
  }

  /** Returns when the next candidate starts beside the only attempt, if that remains silent. */
  private long hedgeAt() {
    boolean possible = state == State.ATTEMPTING && legs.size() == 1 && next < candidates.size();
    return possible && legs.get(0).silent() ? legs.get(0).hedgeAt : Long.MAX_VALUE;
  }

  /** Starts the next candidate that is admitted, once for each silent attempt. */
  private void hedge(List<Action> actions) {
    legs.get(0).hedgeAt = Long.MAX_VALUE;
    boolean entered = !admission.hedge();
    while (!entered && next < candidates.size()) {
      entered = enter(candidates.get(next++), false, actions);
    }
  }

  private void commit(Leg leg, List<Action> actions) {
    endOthers(leg, actions);
    state = State.STREAMING;
    serving = leg;
    firstChunkMs = leg.silent() ? -1 : leg.firstChunkAt - startedAt;
    trail.serving(leg, leg.timing(clock.getAsLong()));
    actions.add(new Action.Release(leg.number, leg.candidate));
    forgetOtherCandidates();
  }

  /** Aborts the attempts that are not needed any more. What they have cost is an estimate. */
  private void endOthers(Leg needed, List<Action> actions) {
    for (int i = legs.size() - 1; i >= 0; i--) {
      Leg leg = legs.get(i);
      if (leg != needed) {
        actions.add(new Action.Abort(leg.number));
        TokenUsage known = TokenUsage.estimate(inputCharacters, leg.characters);
        end(leg, Attempt.Result.HEDGED, null, null, known, Outcome.NEUTRAL, actions);
      }
    }
  }

  /** Releases what only serves to choose a candidate: the current one is final. */
  private void forgetOtherCandidates() {
    candidates = admission.resumes(serving.candidate) ? candidates : List.of();
    failures = List.of();
    retries = null;
    saturated = Set.of();
  }

  /** Aborts an attempt at its backend, and handles its failure. */
  private List<Action> abort(Leg leg, Failure failure) {
    return abort(leg, failure, new ArrayList<>());
  }

  private List<Action> abort(Leg leg, Failure failure, List<Action> actions) {
    actions.add(new Action.Abort(leg.number));
    return failed(leg, failure, actions);
  }

  /** Tries the next candidate, or the same one again, as the {@link FailureRule} permits. */
  private void failedBeforeCommit(Leg leg, Failure failure, List<Action> actions) {
    Candidate current = leg.candidate;
    String key = leg.key;
    FailureRule rule = FailureRule.of(failure.kind());
    failures.add(failure);
    end(leg, Attempt.Result.FAILED, failure, rule.outcome(failure), actions);
    if (rule.next() == FailureRule.Next.NONE) {
      fail(actions, failure);
      return;
    }
    if (rule.next() == FailureRule.Next.LARGER_WINDOW) {
      tooSmallWindow = Math.max(tooSmallWindow, current.contextWindow());
    }
    retries().failed(current, rule, failure);
    if (rule.outcome() == Outcome.EXHAUSTED && admission.hasOtherKey(current)) {
      if (!legs.isEmpty()) {
        // Its next key is for when the attempt beside it fails or is silent for too long.
        candidates = new ArrayList<>(candidates);
        candidates.add(next, current);
      } else if (enter(current, false, actions)) {
        return;
      }
    }
    retries().exhausted(current, rule, failure, key != null);
    if (!legs.isEmpty()) {
      return; // The attempt beside it goes on.
    }
    if (failure.kind() == FailureKind.TIMEOUT
        || !await(current, retries().after(current, failure))) {
      proceed(actions);
    }
  }

  /** Resumes the answer elsewhere if that was asked for; otherwise the request fails. */
  private void failedAfterCommit(Leg leg, Failure failure, List<Action> actions) {
    FailureRule rule = FailureRule.of(failure.kind());
    end(leg, Attempt.Result.FAILED, failure, rule.outcome(failure), actions);
    if (leg == serving) {
      long cooldown = rule.cooldownMs(failure);
      breakage = failure.withRetryAfterMs(cooldown > 0 ? cooldown : -1);
      if (resuming == null) {
        resuming = new ArrayDeque<>();
        if (!candidates.isEmpty() && rule.next() == FailureRule.Next.ANY) {
          resuming.addAll(admission.toResume(candidates, leg.candidate));
        }
        candidates = List.of();
      } else if (rule.next() != FailureRule.Next.ANY) {
        resuming.clear();
      }
    } else if (leg.silent() && asksAgain(leg.candidate, rule, failure)) {
      resuming.addFirst(leg.candidate);
    }
    resume(actions);
  }

  /** Returns whether a candidate that failed to resume is asked again, in another way or by key. */
  private boolean asksAgain(Candidate candidate, FailureRule rule, Failure failure) {
    return admission.resumesOtherwise(candidate, failure)
        || rule.outcome() == Outcome.EXHAUSTED && admission.hasOtherKey(candidate);
  }

  /** Asks the next candidate that may resume the answer, or fails with what broke it off. */
  private void resume(List<Action> actions) {
    Skip obstacle = resuming.isEmpty() ? null : admission.cannotResume();
    if (obstacle != null) {
      trail.skip(resuming.peek(), obstacle, clock.getAsLong());
      resuming.clear();
    }
    while (!resuming.isEmpty()) {
      Candidate candidate = resuming.poll();
      if (admission.resumption(candidate) != Resume.OFF && enter(candidate, false, actions)) {
        return;
      }
    }
    fail(actions, breakage);
  }

  private List<Action> totalTimeout() {
    Failure failure =
        Failure.of(
            FailureKind.TIMEOUT,
            "the request did not complete within "
                + settings.timeouts().total().toMillis()
                + " ms");
    List<Action> actions = new ArrayList<>();
    for (Leg leg : List.copyOf(legs)) {
      actions.add(new Action.Abort(leg.number));
      // The timeout is not about this attempt, which may have begun a second ago.
      end(leg, Attempt.Result.FAILED, failure, Outcome.NEUTRAL, actions);
      failure = failure.withCandidate(leg.candidate.backend(), leg.candidate.model());
    }
    fail(actions, failure);
    return actions;
  }

  /** Ends an attempt that failed or was cancelled. */
  private void end(
      Leg leg, Attempt.Result result, Failure failure, Outcome outcome, List<Action> actions) {
    end(leg, result, failure, null, estimated(failure.usage(), leg), outcome, actions);
  }

  /** Ends an attempt; its further events are ignored. */
  private void end(
      Leg leg,
      Attempt.Result result,
      Failure failure,
      String message,
      TokenUsage known,
      Outcome outcome,
      List<Action> actions) {
    Trail.Timing timing = leg.timing(clock.getAsLong());
    Attempt attempt = trail.end(leg, result, failure, message, timing, known);
    if (serving != null) {
      usage = usage.plus(known);
    }
    legs.remove(leg);
    admission.leave(leg.number, leg.candidate, attempt, outcome, failure);
    actions.add(new Action.Ended(leg.number, leg.candidate, attempt, outcome, failure));
  }

  private TokenUsage estimated(TokenUsage reported, Leg leg) {
    return TokenUsage.atLeast(reported, inputCharacters, leg.characters);
  }

  /** Returns the reported usage, or an estimate if none was reported for a non-empty answer. */
  private TokenUsage known(Leg leg, TokenUsage reported) {
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
      if (serving != null) {
        return false; // An attempt to resume is not waited for.
      }
      if (skip.reason() == SkipReason.SATURATED) {
        saturated.add(candidate);
      }
      retries().skipped(candidate, skip);
      return false;
    }
    Candidate from = trail.lastCandidate();
    boolean instead = legs.isEmpty() && serving == null;
    if (instead && from != null && !from.equals(candidate)) {
      actions.add(new Action.FellBack(from, candidate, trail.lastReason()));
    }
    actions.add(new Action.Start(begin(candidate).number, candidate));
    return true;
  }

  private boolean tooSmall(Candidate candidate) {
    return candidate.contextWindow() > 0 && candidate.contextWindow() <= tooSmallWindow;
  }

  private Leg begin(Candidate candidate) {
    state = serving == null ? State.ATTEMPTING : State.STREAMING;
    attempts++;
    Leg leg =
        new Leg(
            attempts,
            candidate,
            admission.key(attempts),
            admission.affinity(attempts),
            clock.getAsLong());
    long hedgeAfter = serving == null ? admission.hedgeAfter(candidate) : -1;
    leg.hedgeAt = hedgeAfter < 0 ? Long.MAX_VALUE : leg.startedAt + hedgeAfter;
    legs.add(leg);
    return leg;
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
    List<Candidate> fitting = candidates.stream().filter(each -> !tooSmall(each)).toList();
    Candidate soonest = retries().soonest(fitting);
    return soonest != null && await(soonest, retries().next(soonest));
  }

  /** Waits until a candidate is tried again; returns false if there is no such time. */
  private boolean await(Candidate candidate, long until) {
    if (until < 0) {
      return false;
    }
    state = State.WAITING;
    awaited = candidate;
    retryAt = until;
    return true;
  }

  private RetrySchedule retries() {
    if (retries == null) {
      retries = new RetrySchedule(settings, admission, clock, random, totalDeadline());
    }
    return retries;
  }

  private void fail(List<Action> actions, Failure failure) {
    leaveQueue();
    endOthers(null, actions);
    state = State.FAILED;
    actions.add(new Action.Fail(complete(failure)));
  }

  /** Adds what is known at the end of the request. */
  private Failure complete(Failure failure) {
    return failure
        .withDelivered(deliveredChunks(), deliveredBytes())
        .withUsage(serving == null ? trail.usage() : usage, trail.cost())
        .withTrail(trail());
  }

  /** Returns the failure of the request: the only failure, or one that summarizes the trail. */
  private Failure summary() {
    Failure failure =
        failures.size() == 1 && trail.entries().size() == 1
            ? failures.get(0)
            : Failure.of(trail.commonKind(), "no backend could serve the request: " + trail);
    if (failure.kind() == FailureKind.SATURATED) {
      return failure.withRetryAfterMs(Math.max(SATURATED_RETRY_MS, expectedWaitMs));
    }
    return failure.withRetryAfterMs(retries().retryAfterMs());
  }

  /** Returns the state, the candidate and the elapsed time, for messages and tests. */
  @Override
  public String toString() {
    return state
        + " "
        + legs.stream().map(leg -> leg.candidate.toString()).toList()
        + " "
        + Duration.ofMillis(elapsed());
  }
}
