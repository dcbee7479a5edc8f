package io.llmrelay.failover;

import io.llmrelay.availability.Outcome;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;

/** An action that the state machine requests; {@code number} is the number of the attempt. */
sealed interface Action {
  /** Starts attempt {@code number} (from 1) at a candidate. */
  record Start(int number, Candidate candidate) implements Action {}

  /** Reports that the request moves on to another candidate; precedes the {@link Start}. */
  record FellBack(Candidate from, Candidate to, String reason) implements Action {}

  /** Reports the first chunk of an attempt, which proves its backend alive. */
  record Answering(int number) implements Action {}

  /**
   * Reports the end of an attempt and its outcome; {@code failure} is {@code null} unless it
   * failed.
   */
  record Ended(int number, Candidate candidate, Attempt attempt, Outcome outcome, Failure failure)
      implements Action {}

  /** Aborts the attempt at its backend and drops the chunks that are held. */
  record Abort(int number) implements Action {}

  /** Holds the chunk back. */
  record Hold(int number) implements Action {}

  /** Delivers the held chunks: the commit point is reached. */
  record Release(int number, Candidate candidate) implements Action {}

  /** Delivers the chunk. */
  record Deliver(int number) implements Action {}

  /** Completes the request. Terminal. */
  record Complete(FinishReason finishReason, TokenUsage usage, Double costUsd) implements Action {}

  /** Fails the request. Terminal. */
  record Fail(Failure failure) implements Action {}

  /** Ends the request because it was cancelled. Terminal. */
  record Cancelled(Failure failure) implements Action {}
}
