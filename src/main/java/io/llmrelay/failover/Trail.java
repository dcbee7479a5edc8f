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

  private final long startedAt;
  private final List<Attempt> entries = new ArrayList<>();
  private final Set<FailureKind> failedKinds = EnumSet.noneOf(FailureKind.class);
  private final Set<FailureKind> skippedKinds = EnumSet.noneOf(FailureKind.class);
  private Candidate last;

  /** Whether the last entry is the attempt that reached the commit point and has not ended. */
  private boolean open;

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

  void begin(Candidate candidate) {
    last = candidate;
    open = false;
  }

  /** Adds the current attempt when it reaches the commit point. */
  void serving(Timing timing) {
    put(Attempt.Result.SERVING, null, 0, timing, TokenUsage.NONE, null);
    open = true;
  }

  /** Adds the current attempt when it ends, or replaces its entry. */
  Attempt end(
      Attempt.Result result,
      Failure failure,
      int status,
      Timing timing,
      TokenUsage usage,
      Double cost) {
    if (open) {
      entries.remove(entries.size() - 1);
    }
    if (result == Attempt.Result.FAILED) {
      failedKinds.add(failure.kind());
    }
    return put(result, failure, status, timing, usage, cost);
  }

  private Attempt put(
      Attempt.Result result,
      Failure failure,
      int status,
      Timing timing,
      TokenUsage usage,
      Double cost) {
    Attempt attempt =
        new Attempt(
            last.backend(),
            last.model(),
            result,
            failure == null ? null : failure.kind().code(),
            failure == null ? null : failure.message(),
            status,
            failure == null ? null : failure.providerCode(),
            timing.startedAt() - startedAt,
            timing.durationMs(),
            timing.firstChunkMs(),
            usage,
            cost);
    entries.add(attempt);
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
    return sum;
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
          .append(attempt.reason())
          .append(
              SkipReason.SATURATED.code().equals(attempt.reason()) ? ": " + attempt.message() : "")
          .append(')');
    }
    return text.toString();
  }
}
