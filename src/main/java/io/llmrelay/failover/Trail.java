package io.llmrelay.failover;

import io.llmrelay.availability.Skip;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.CandidateName;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.chat.TokenUsage;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The record of a request: the attempts and the skipped candidates, in order. */
final class Trail {
  /** The start of an attempt by the clock, its duration, and its time to first chunk or -1. */
  record Timing(long startedAt, long durationMs, long firstChunkMs) {}

  /** Sums of costs are whole multiples of one of so many parts of a dollar. */
  private static final double COST_UNITS = 1e12;

  private final long startedAt;
  private final List<Attempt> entries = new ArrayList<>(1);
  private final Set<FailureKind> failedKinds = EnumSet.noneOf(FailureKind.class);
  private final Set<FailureKind> skippedKinds = EnumSet.noneOf(FailureKind.class);
  private Candidate last;

  Trail(long startedAt) {
    this.startedAt = startedAt;
  }

  List<Attempt> entries() {
    return List.copyOf(entries);
  }

  /** Returns the candidate of the last entry, or {@code null}. */
  Candidate lastCandidate() {
    return last;
  }

  /** Returns the code of why the candidate of the last entry failed or was skipped. */
  String lastReason() {
    return entries.get(entries.size() - 1).reason();
  }

  void skip(Candidate candidate, Skip skip, long now) {
    last = candidate;
    skippedKinds.add(skip.kind());
    entries.add(
        Attempt.skipped(
            candidate.backend(),
            candidate.model(),
            skip.reason(),
            skip.message(),
            now - startedAt));
  }

  /** Adds an attempt whose output is delivered from now on. */
  void serving(Leg leg, Timing timing) {
    put(leg, Attempt.Result.SERVING, null, null, timing, TokenUsage.NONE);
  }

  /**
   * Adds an attempt when it ends, or replaces its entry.
   *
   * @param failure {@code null} unless it failed or was cancelled
   * @param message the message of an attempt without a failure, or {@code null}
   */
  Attempt end(
      Leg leg,
      Attempt.Result result,
      Failure failure,
      String message,
      Timing timing,
      TokenUsage usage) {
    if (result == Attempt.Result.FAILED) {
      failedKinds.add(failure.kind());
    }
    return put(leg, result, failure, message, timing, usage);
  }

  private Attempt put(
      Leg leg,
      Attempt.Result result,
      Failure failure,
      String message,
      Timing timing,
      TokenUsage usage) {
    Candidate candidate = leg.candidate;
    Attempt attempt =
        new Attempt(
            candidate.backend(),
            candidate.model(),
            result,
            failure == null ? null : failure.kind().code(),
            failure == null ? message : failure.message(),
            failure == null ? 0 : failure.status(),
            failure == null ? null : failure.providerCode(),
            timing.startedAt() - startedAt,
            timing.durationMs(),
            timing.firstChunkMs(),
            usage,
            candidate.cost(usage),
            leg.resumedAt,
            leg.key,
            leg.affinity);
    if (leg.trailIndex < 0) {
      leg.trailIndex = entries.size();
      last = candidate;
      entries.add(attempt);
    } else {
      entries.set(leg.trailIndex, attempt);
    }
    return attempt;
  }

  /** Returns the cost of all attempts; {@code null} if none is known. */
  Double cost() {
    Double sum = null;
    for (Attempt attempt : entries) {
      if (attempt.costUsd() != null) {
        sum = (sum == null ? 0 : sum) + attempt.costUsd();
      }
    }
    return sum == null ? null : Math.rint(sum * COST_UNITS) / COST_UNITS;
  }

  /** Returns the usage of the last attempt. */
  TokenUsage usage() {
    for (int i = entries.size() - 1; i >= 0; i--) {
      if (entries.get(i).result() != Attempt.Result.SKIPPED) {
        return entries.get(i).usage();
      }
    }
    return TokenUsage.NONE;
  }

  /**
   * Returns the kind that all failures share or, if no candidate was tried, all skips. If they
   * differ, returns one of them if all refuse the request, otherwise {@code UNAVAILABLE}. If some
   * are retryable, refusals of the request do not count: a prompt that is too long for one
   * candidate may be served by another later.
   */
  FailureKind commonKind() {
    Set<FailureKind> kinds = EnumSet.copyOf(failedKinds.isEmpty() ? skippedKinds : failedKinds);
    if (kinds.stream().anyMatch(FailureKind::retryable)) {
      kinds.removeIf(Trail::refusesTheRequest);
    }
    boolean callersFault = kinds.stream().allMatch(Trail::refusesTheRequest);
    return !kinds.isEmpty() && (kinds.size() == 1 || callersFault)
        ? kinds.iterator().next()
        : FailureKind.UNAVAILABLE;
  }

  private static boolean refusesTheRequest(FailureKind kind) {
    return !kind.retryable() && kind.status() < 500;
  }

  /** Returns one line: {@code primary/m (overloaded), secondary/m skipped (circuit_open)}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Attempt attempt : entries) {
      text.append(text.isEmpty() ? "" : ", ")
          .append(new CandidateName(attempt.backend(), attempt.model()))
          .append(attempt.result() == Attempt.Result.SKIPPED ? " skipped (" : " (")
          .append(attempt.reason() == null ? attempt.result().code() : attempt.reason())
          .append(
              SkipReason.SATURATED.code().equals(attempt.reason()) ? ": " + attempt.message() : "")
          .append(')');
    }
    return text.toString();
  }
}
