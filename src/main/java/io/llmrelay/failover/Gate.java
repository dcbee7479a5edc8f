package io.llmrelay.failover;

import io.llmrelay.availability.Outcome;
import io.llmrelay.availability.Skip;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.Failure;
import java.util.List;

/** Says whether a candidate may be tried right now, and is told how it did. */
interface Gate {

  /** Why the candidate would not be let in now, or {@code null}. */
  Skip look(Candidate candidate);

  /**
   * Lets the candidate be tried ({@code null}), or says why not.
   *
   * @param number that of the attempt
   * @param waited whether this very request waited for the candidate as long as it asked for
   */
  Skip enter(int number, Candidate candidate, boolean waited);

  /**
   * An attempt that was let in is over. Comes before anybody else is let in, so that what is learnt
   * from an attempt holds for the next one.
   *
   * @param number that of the attempt
   * @param attempt what it took
   * @param failure {@code null} where it did not fail
   */
  void leave(int number, Candidate candidate, Attempt attempt, Outcome outcome, Failure failure);

  /**
   * Queues for a slot of any of these candidates; {@link Failover#slotGranted} follows for each
   * that is granted.
   *
   * @return {@code false} where all queues are full
   */
  boolean queue(List<Candidate> candidates);

  /** Leaves all queues, and gives back what was granted and not used. */
  void leaveQueue();
}
