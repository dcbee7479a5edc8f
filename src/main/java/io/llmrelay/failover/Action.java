package io.llmrelay.failover;

import io.llmrelay.availability.Outcome;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;

/** An action that the state machine requests; {@code number} identifies the attempt. */
sealed interface Action {
  /** Starts attempt {@code number} (from 1) at a candidate. */
  record Start(int number, Candidate candidate) implements Action {}

  /** Reports a fallback to another candidate, before the {@link Start} of its attempt. */
  record FellBack(Candidate from, Candidate to, String reason) implements Action {}

  /** Reports the first chunk of an attempt, which proves its backend alive. */
  record FirstChunk(int number) implements Action {}

  /**
   * Reports the end of an attempt and its outcome; {@code failure} is {@code null} unless it
   * failed.
   */
  record Ended(int number, Candidate candidate, Attempt attempt, Outcome outcome, Failure failure)
      implements Action {}

  /** Aborts the attempt at its backend and discards what is held. */
  record Abort(int number) implements Action {}

  /** Holds the block or chunk of the event back. */
  record Hold(int number) implements Action {}

  /** Delivers the held blocks and chunks, because the commit point is reached. */
  record Release(int number, Candidate candidate) implements Action {}

  /**
   * Delivers the further output of an attempt, which continues what was delivered.
   *
   * @param from the candidate whose answer broke off
   * @param reason the code of the kind of its failure
   * @param deliveredBytes the bytes delivered before
   */
  record Resumed(int number, Candidate from, Candidate to, String reason, long deliveredBytes)
      implements Action {}

  /** Delivers the block or chunk of the event. */
  record Deliver(int number) implements Action {}

  /** Completes the request. Terminal. */
  record Complete(FinishReason finishReason, TokenUsage usage, Double costUsd) implements Action {}

  /** Fails the request. Terminal. */
  record Fail(Failure failure) implements Action {}

  /** Ends the request because it was cancelled. Terminal. */
  record Cancelled(Failure failure) implements Action {}
}
