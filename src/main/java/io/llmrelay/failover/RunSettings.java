package io.llmrelay.failover;

import io.llmrelay.chat.CommitPoint;
import io.llmrelay.chat.RelayHints;
import io.llmrelay.chat.Timeouts;
import java.time.Duration;

/**
 * What holds for one run: the configuration with the request's own wishes on top.
 *
 * @param timeouts all of them set but {@code head}, which may be as long as {@code firstChunk}, and
 *     {@code firstChunk}, where nobody said anything but the default, which is the candidate's
 * @param maxRetries of the same candidate
 * @param retryBaseDelay the first retry's delay, doubled for each further one
 * @param retryMaxDelay longest delay a retry waits for; a candidate that asks for more is not
 *     retried
 * @param queueWait longest wait for a slot
 * @param latchMaxBytes most that is held back before the commit point
 */
public record RunSettings(
    CommitPoint commit,
    Timeouts timeouts,
    int maxRetries,
    Duration retryBaseDelay,
    Duration retryMaxDelay,
    Duration queueWait,
    long latchMaxBytes) {

  /** These, with the wishes of a request on top. */
  RunSettings with(RelayHints hints) {
    return new RunSettings(
        hints.commit() == null ? commit : hints.commit(),
        hints.timeouts().or(timeouts),
        hints.maxRetries() == null ? maxRetries : hints.maxRetries(),
        retryBaseDelay,
        retryMaxDelay,
        queueWait,
        latchMaxBytes);
  }

  /**
   * Whether a request wants to wait for less than is configured here: a timeout of such a request
   * says nothing of the backend's health.
   */
  boolean isShortened(Timeouts asked, Candidate candidate) {
    return shorter(asked.connect(), timeouts.connect())
        || shorter(asked.head(), timeouts.head() == null ? firstChunk(candidate) : timeouts.head())
        || shorter(asked.firstChunk(), firstChunk(candidate))
        || shorter(asked.stall(), timeouts.stall());
  }

  private static boolean shorter(Duration asked, Duration configured) {
    return asked != null && asked.compareTo(configured) < 0;
  }

  /** How long that candidate may take to its first chunk. */
  Duration firstChunk(Candidate candidate) {
    if (timeouts.firstChunk() != null) {
      return timeouts.firstChunk();
    }
    return candidate.reasoning() ? Timeouts.REASONING_FIRST_CHUNK : Timeouts.FIRST_CHUNK;
  }
}
