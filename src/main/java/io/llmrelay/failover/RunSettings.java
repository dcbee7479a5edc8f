package io.llmrelay.failover;

import io.llmrelay.chat.CommitPoint;
import io.llmrelay.chat.Hedge;
import io.llmrelay.chat.RelayHints;
import io.llmrelay.chat.Resume;
import io.llmrelay.chat.Timeouts;
import java.time.Duration;

/**
 * The settings of one request: those of the configuration, overridden by its {@code relay} object.
 *
 * @param timeouts {@code head} is {@code null} if as long as {@code firstChunk}; {@code firstChunk}
 *     is {@code null} for the default, which depends on the candidate
 * @param maxRetries the most retries of one candidate
 * @param retryBaseDelay the delay of the first retry, doubled for each further one
 * @param retryMaxDelay the longest delay; a candidate that asks for a longer one is not retried
 * @param queueWait the longest time that a request waits for a slot
 * @param latchMaxBytes the most bytes that are held before the commit point
 * @param hedge when the next candidate starts beside a silent one
 * @param hedgeMaxRatio the most hedges as a share of the requests
 * @param resume what happens to an answer that breaks off
 * @param resumeMaxBytes the most bytes of an answer that can be resumed
 * @param resumeMaxMemory the most bytes held for the answers of all requests that may be resumed
 */
public record RunSettings(
    CommitPoint commit,
    Timeouts timeouts,
    int maxRetries,
    Duration retryBaseDelay,
    Duration retryMaxDelay,
    Duration queueWait,
    long latchMaxBytes,
    Scoped<Hedge> hedge,
    double hedgeMaxRatio,
    Scoped<Resume> resume,
    long resumeMaxBytes,
    long resumeMaxMemory) {
  /** The most bytes of one vector, in base64: 12,000 dimensions. */
  private static final long EMBEDDING_BYTES = 64 * 1024;

  /** The most bytes of all vectors of a request. */
  private static final long EMBEDDINGS_BYTES = 64 << 20;

  /** Creates settings without hedges and resumes. */
  public RunSettings(
      CommitPoint commit,
      Timeouts timeouts,
      int maxRetries,
      Duration retryBaseDelay,
      Duration retryMaxDelay,
      Duration queueWait,
      long latchMaxBytes) {
    this(
        commit,
        timeouts,
        maxRetries,
        retryBaseDelay,
        retryMaxDelay,
        queueWait,
        latchMaxBytes,
        Scoped.never(Hedge.OFF),
        0,
        Scoped.never(Resume.OFF),
        0,
        0);
  }

  /**
   * Returns these settings, overridden by the hints of a request.
   *
   * @param model the requested model or alias, or {@code null}
   */
  RunSettings with(RelayHints hints, String model) {
    if (hints.equals(RelayHints.NONE) && hedge.only().isEmpty() && resume.only().isEmpty()) {
      return this;
    }
    return new RunSettings(
        hints.commit() == null ? commit : hints.commit(),
        hints.timeouts().or(timeouts),
        hints.maxRetries() == null ? maxRetries : hints.maxRetries(),
        retryBaseDelay,
        retryMaxDelay,
        queueWait,
        latchMaxBytes,
        hedge.of(hints.hedge(), model),
        hedgeMaxRatio,
        resume.of(hints.resume(), model),
        resumeMaxBytes,
        resumeMaxMemory);
  }

  /**
   * Returns these settings for a request for embeddings: its answer comes whole, so it commits at
   * the end, its first chunk may take longer, and more is held.
   *
   * @param inputs the number of texts
   */
  RunSettings forEmbeddings(int inputs) {
    Timeouts patient = new Timeouts(null, null, Timeouts.EMBEDDING_FIRST_CHUNK, null, null);
    return new RunSettings(
        CommitPoint.COMPLETE,
        timeouts.or(patient),
        maxRetries,
        retryBaseDelay,
        retryMaxDelay,
        queueWait,
        Math.max(latchMaxBytes, Math.min(EMBEDDINGS_BYTES, inputs * EMBEDDING_BYTES)),
        hedge,
        hedgeMaxRatio,
        Scoped.never(Resume.OFF),
        0,
        0);
  }

  /**
   * Whether a request has shorter timeouts than these. A timeout of such a request is no sign of
   * bad health.
   */
  boolean isShortened(Timeouts requested, Candidate candidate) {
    return shorter(requested.connect(), timeouts.connect())
        || shorter(
            requested.head(), timeouts.head() == null ? firstChunk(candidate) : timeouts.head())
        || shorter(requested.firstChunk(), firstChunk(candidate))
        || shorter(requested.stall(), timeouts.stall());
  }

  private static boolean shorter(Duration requested, Duration configured) {
    return requested != null && requested.compareTo(configured) < 0;
  }

  /** Returns the first-chunk timeout of a candidate. */
  Duration firstChunk(Candidate candidate) {
    if (timeouts.firstChunk() != null) {
      return timeouts.firstChunk();
    }
    return candidate.reasoning() ? Timeouts.REASONING_FIRST_CHUNK : Timeouts.FIRST_CHUNK;
  }
}
