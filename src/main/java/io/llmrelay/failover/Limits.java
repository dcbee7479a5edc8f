package io.llmrelay.failover;

import io.llmrelay.chat.CommitPoint;
import io.llmrelay.chat.Durations;
import io.llmrelay.chat.RelayHints;
import io.llmrelay.chat.Timeouts;
import java.time.Duration;
import java.util.List;

/**
 * The operator's upper bounds for the {@code relay} object of a request.
 *
 * @param timeouts the longest timeouts, each of which is set
 * @param retries the most retries of the same candidate
 * @param candidates the most candidates that a request may name
 * @param commitCharacters the latest commit point, in characters; does not apply to the commit
 *     point {@code complete}
 */
public record Limits(Timeouts timeouts, int retries, int candidates, int commitCharacters) {

  /**
   * Returns the hints, with values above a limit reduced to the limit.
   *
   * @param warnings receives a warning for each reduced value
   */
  RelayHints cut(RelayHints requested, List<String> warnings) {
    if (requested.equals(RelayHints.NONE)) {
      return requested;
    }
    List<String> named = requested.candidates();
    if (named != null && named.size() > candidates) {
      warn("candidates", named.size(), candidates, warnings);
      named = named.subList(0, candidates);
    }
    CommitPoint commit = requested.commit();
    if (commit != null
        && !commit.equals(CommitPoint.COMPLETE)
        && commit.characters() > commitCharacters) {
      warn("commit", commit.characters(), commitCharacters, warnings);
      commit = new CommitPoint(commitCharacters);
    }
    Integer retry = requested.maxRetries();
    if (retry != null && retry > retries) {
      warn("retries.max", retry, retries, warnings);
      retry = retries;
    }
    Timeouts t = requested.timeouts();
    Timeouts cut =
        new Timeouts(
            cut("connect", t.connect(), timeouts.connect(), warnings),
            cut("head", t.head(), timeouts.head(), warnings),
            cut("first-chunk", t.firstChunk(), timeouts.firstChunk(), warnings),
            cut("stall", t.stall(), timeouts.stall(), warnings),
            cut("total", t.total(), timeouts.total(), warnings));
    return new RelayHints(
        named,
        commit,
        cut,
        retry,
        requested.prefer(),
        requested.affinity(),
        requested.hedge(),
        requested.resume(),
        requested.priority());
  }

  private static Duration cut(
      String phase, Duration requested, Duration max, List<String> warnings) {
    if (requested == null || requested.compareTo(max) <= 0) {
      return requested;
    }
    warn("timeouts." + phase, Durations.format(requested), Durations.format(max), warnings);
    return max;
  }

  private static void warn(String field, Object requested, Object max, List<String> warnings) {
    warnings.add("relay." + field + " was cut from " + requested + " to " + max);
  }
}
