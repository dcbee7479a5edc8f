package io.llmrelay.coordinator;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.SkipReason;

/** Says whether a candidate may be tried right now, and is told how it did. */
interface Gate {

  /**
   * Why not.
   *
   * @param reason the reason
   * @param kind the failure it comes from
   * @param message the reason in words
   * @param availableInMs milliseconds until it may be tried, -1 where that is not known
   */
  record Skip(SkipReason reason, FailureKind kind, String message, long availableInMs) {}

  /**
   * Lets the candidate be tried ({@code null}), or says why not.
   *
   * @param waited whether this very request waited for the candidate as long as it asked for
   */
  Skip enter(Candidate candidate, boolean waited);

  /**
   * The attempt that was let in last is over. Comes before anybody else is let in, so that what is
   * learnt from an attempt holds for the next one.
   *
   * @param attempt what it took
   * @param failure {@code null} where it did not fail
   */
  void leave(Candidate candidate, Attempt attempt, Outcome outcome, Failure failure);
}
