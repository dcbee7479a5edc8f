package io.llmrelay.failover;

import io.llmrelay.availability.Outcome;
import io.llmrelay.availability.Skip;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.Resume;
import java.util.ArrayList;
import java.util.List;

/** The decision whether a candidate may be tried now, and the record of how attempts ended. */
interface Admission {
  /** The request has a place in a queue. */
  long QUEUED = -1;

  /** Returns why the candidate would be refused now, or {@code null}. */
  Skip check(Candidate candidate);

  /**
   * Admits an attempt and returns {@code null}, or returns the reason against it.
   *
   * @param number the number of the attempt
   * @param waited whether this request has waited for the end of the candidate's cooldown
   */
  Skip enter(int number, Candidate candidate, boolean waited);

  /**
   * Returns the name of the key with which an admitted attempt is made; {@code null} if the backend
   * has no more than one.
   */
  String key(int number);

  /**
   * Returns what identifies the conversation of the request, and whether an admitted attempt is at
   * another candidate or with another key than the conversation is attached to; {@code null}
   * without affinity.
   */
  String affinity(int number);

  /**
   * Returns whether an attempt at the candidate may be made now with a key of the backend with
   * which none of this request has failed.
   */
  boolean hasOtherKey(Candidate candidate);

  /**
   * Records the end of an admitted attempt. Called before the next attempt is admitted, so that its
   * outcome counts for that one.
   *
   * @param number the number of the attempt
   * @param failure {@code null} unless it failed
   */
  void leave(int number, Candidate candidate, Attempt attempt, Outcome outcome, Failure failure);

  /**
   * Queues for a slot of any of these candidates. {@link Failover#slotGranted} is called for each
   * slot that is granted.
   *
   * @param maxWaitMs how long the request can wait
   * @return {@link #QUEUED}, or, if all queues are full or too slow, the expected wait in
   *     milliseconds; 0 if that is unknown
   */
  long queue(List<Candidate> candidates, long maxWaitMs);

  /** Leaves all queues and releases slots that were granted and not used. */
  void leaveQueue();

  /**
   * Returns after how many milliseconds without content the next candidate starts beside an attempt
   * at this one; -1 for never.
   */
  default long hedgeAfter(Candidate candidate) {
    return -1;
  }

  /**
   * Takes one of the hedges that all requests together may start; returns false if none is left.
   */
  default boolean hedge() {
    return false;
  }

  /** Returns whether an answer of this candidate that breaks off is to be resumed. */
  default boolean resumes(Candidate serving) {
    return false;
  }

  /** Returns how a candidate can resume the answer now; {@link Resume#OFF} if it cannot. */
  default Resume resumption(Candidate candidate) {
    return Resume.OFF;
  }

  /** Returns why no candidate can resume the answer now, or {@code null}. */
  default Skip cannotResume() {
    return null;
  }

  /**
   * Returns the candidates that may resume an answer, in the order in which they are asked: the one
   * that broke off is the last.
   */
  default List<Candidate> toResume(List<Candidate> candidates, Candidate broken) {
    List<Candidate> order = new ArrayList<>(candidates);
    order.remove(broken);
    order.add(broken);
    return order;
  }

  /**
   * Returns whether a candidate that has refused to resume the answer can do so in another way, and
   * is to be asked again.
   */
  default boolean resumesOtherwise(Candidate candidate, Failure failure) {
    return false;
  }
}
