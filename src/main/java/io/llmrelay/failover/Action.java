package io.llmrelay.failover;

import io.llmrelay.availability.Outcome;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;

/** What the state machine wants done; {@code number} is that of the attempt it is about. */
sealed interface Action {
  /** Open attempt {@code number} (from 1) at a candidate. */
  record Start(int number, Candidate candidate) implements Action {}

  /** The request goes on from one candidate to another; comes before the {@link Start}. */
  record FellBack(Candidate from, Candidate to, String reason) implements Action {}

  /** The attempt gave its first chunk: its backend answers. */
  record Answering(int number) implements Action {}

  /**
   * The attempt is over and has an outcome; {@code failure} is {@code null} where it did not fail.
   */
  record Ended(int number, Candidate candidate, Attempt attempt, Outcome outcome, Failure failure)
      implements Action {}

  /** Abort the attempt at its backend, and forget what it held. */
  record Abort(int number) implements Action {}

  /** Keep the chunk back. */
  record Hold(int number) implements Action {}

  /** The commit point: hand over what was held. */
  record Release(int number, Candidate candidate) implements Action {}

  /** Pass the chunk on. */
  record Deliver(int number) implements Action {}

  /** The answer is complete. Terminal. */
  record Complete(FinishReason finishReason, TokenUsage usage, Double costUsd) implements Action {}

  /** The request failed. Terminal. */
  record Fail(Failure failure) implements Action {}

  /** The consumer is gone. Terminal. */
  record Cancelled(Failure failure) implements Action {}
}
