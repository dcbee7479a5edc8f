package io.llmrelay.failover;

import io.llmrelay.chat.CommitPoint;
import io.llmrelay.chat.Durations;
import io.llmrelay.chat.RelayHints;
import io.llmrelay.chat.Timeouts;
import java.time.Duration;
import java.util.List;

/**
 * The operator's bounds on what a request may ask for in its {@code relay} object.
 *
 * @param timeouts all of them set
 * @param retries of the same candidate
 * @param candidates how many a request may name
 * @param commitCharacters how many fit the latch; the whole answer may be asked for all the same
 */
public record Limits(Timeouts timeouts, int retries, int candidates, int commitCharacters) {

  /**
   * Cuts what asks for more.
   *
   * @param warnings gets a line for each value that was cut
   */
  RelayHints cut(RelayHints asked, List<String> warnings) {
    List<String> named = asked.candidates();
    if (named != null && named.size() > candidates) {
      warn("candidates", named.size(), candidates, warnings);
      named = named.subList(0, candidates);
    }
    CommitPoint commit = asked.commit();
    if (commit != null
        && !commit.equals(CommitPoint.COMPLETE)
        && commit.characters() > commitCharacters) {
      warn("commit", commit.characters(), commitCharacters, warnings);
      commit = new CommitPoint(commitCharacters);
    }
    Integer retry = asked.maxRetries();
    if (retry != null && retry > retries) {
      warn("retries.max", retry, retries, warnings);
      retry = retries;
    }
    Timeouts t = asked.timeouts();
    Timeouts cut =
        new Timeouts(
            cut("connect", t.connect(), timeouts.connect(), warnings),
            cut("head", t.head(), timeouts.head(), warnings),
            cut("first-chunk", t.firstChunk(), timeouts.firstChunk(), warnings),
            cut("stall", t.stall(), timeouts.stall(), warnings),
            cut("total", t.total(), timeouts.total(), warnings));
    return new RelayHints(named, commit, cut, retry, asked.prefer());
  }

  private static Duration cut(String phase, Duration asked, Duration max, List<String> warnings) {
    if (asked == null || asked.compareTo(max) <= 0) {
      return asked;
    }
    warn("timeouts." + phase, Durations.format(asked), Durations.format(max), warnings);
    return max;
  }

  private static void warn(String field, Object asked, Object max, List<String> warnings) {
    warnings.add("relay." + field + " was cut from " + asked + " to " + max);
  }
}
