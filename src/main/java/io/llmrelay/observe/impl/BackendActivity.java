package io.llmrelay.observe.impl;

import io.llmrelay.chat.Attempt;
import io.vertx.core.json.JsonObject;
import java.util.Arrays;

/**
 * The attempts at one backend, or with one of its keys, within the last minute: counts by second,
 * and the first-chunk times of the most recent attempts. Thread-safe; an update takes constant
 * time.
 */
final class BackendActivity {
  /** The seconds over which shares and percentiles are computed. */
  static final int WINDOW_S = 60;

  /** The complete seconds over which rates are computed. */
  static final int RATE_S = 10;

  /** The most first-chunk times that percentiles are computed from. */
  static final int MAX_TIMES = 512;

  private final Second[] seconds = new Second[WINDOW_S];
  private final long[] timeAt = new long[MAX_TIMES];
  private final long[] times = new long[MAX_TIMES];
  private int nextTime;

  /** The counts of one second. */
  private static final class Second {
    private final long second;
    private int started;
    private int served;
    private int failed;
    private long outputTokens;
    private long tokens;
    private double costUsd;

    private Second(long second) {
      this.second = second;
    }
  }

  synchronized void started(long nowMs) {
    at(nowMs).started++;
  }

  synchronized void ended(Attempt attempt, long nowMs) {
    Second second = at(nowMs);
    second.served += attempt.result() == Attempt.Result.SERVED ? 1 : 0;
    second.failed += attempt.result() == Attempt.Result.FAILED ? 1 : 0;
    second.outputTokens += attempt.usage().outputTokens();
    second.tokens += attempt.usage().totalTokens();
    second.costUsd += attempt.costUsd() == null ? 0 : attempt.costUsd();
    if (attempt.firstChunkMs() >= 0) {
      timeAt[nextTime] = nowMs;
      times[nextTime] = attempt.firstChunkMs();
      nextTime = (nextTime + 1) % MAX_TIMES;
    }
  }

  private Second at(long nowMs) {
    long now = nowMs / 1000;
    int slot = (int) (now % WINDOW_S);
    if (seconds[slot] == null || seconds[slot].second != now) {
      seconds[slot] = new Second(now);
    }
    return seconds[slot];
  }

  /**
   * Returns {@code {"attempts", "served", "failed", "success_share", "first_chunk_p50_ms",
   * "first_chunk_p95_ms", "requests_per_second", "tokens_per_second", "tokens", "cost_usd"}}; the
   * rate of tokens is of those of answers, {@code tokens} has those of prompts as well. Without
   * attempts to compute them from, the share and the times are {@code null}.
   */
  synchronized JsonObject toJson(long nowMs) {
    long now = nowMs / 1000;
    int started = 0;
    int served = 0;
    int failed = 0;
    int recent = 0;
    long recentTokens = 0;
    long tokens = 0;
    double costUsd = 0;
    for (Second second : seconds) {
      if (second != null && second.second > now - WINDOW_S) {
        started += second.started;
        served += second.served;
        failed += second.failed;
        tokens += second.tokens;
        costUsd += second.costUsd;
        if (second.second < now && second.second >= now - RATE_S) {
          recent += second.started;
          recentTokens += second.outputTokens;
        }
      }
    }
    long[] sorted = times(nowMs);
    return new JsonObject()
        .put("attempts", started)
        .put("served", served)
        .put("failed", failed)
        .put("success_share", served + failed == 0 ? null : (double) served / (served + failed))
        .put("first_chunk_p50_ms", percentile(sorted, 50))
        .put("first_chunk_p95_ms", percentile(sorted, 95))
        .put("requests_per_second", (double) recent / RATE_S)
        .put("tokens_per_second", (double) recentTokens / RATE_S)
        .put("tokens", tokens)
        .put("cost_usd", costUsd);
  }

  private long[] times(long nowMs) {
    long since = nowMs - WINDOW_S * 1000L;
    long[] recent = new long[MAX_TIMES];
    int count = 0;
    for (int i = 0; i < MAX_TIMES; i++) {
      if (timeAt[i] > 0 && timeAt[i] > since) {
        recent[count++] = times[i];
      }
    }
    long[] sorted = Arrays.copyOf(recent, count);
    Arrays.sort(sorted);
    return sorted;
  }

  /** Returns the nearest-rank percentile of sorted times. */
  private static Long percentile(long[] sorted, int percent) {
    return sorted.length == 0 ? null : sorted[(int) Math.ceil(sorted.length * percent / 100.0) - 1];
  }
}
