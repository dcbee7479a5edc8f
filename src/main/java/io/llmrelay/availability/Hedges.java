package io.llmrelay.availability;

import io.llmrelay.chat.CandidateName;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the hedges of all requests share: their budget, and the candidates' times to the first
 * chunk. Thread-safe.
 *
 * <p>The budget is a bucket of tokens. Every request that may be hedged adds a fraction of one, a
 * hedge takes one: however slow all backends become, hedges are no more than that share of the
 * requests, and what the bucket holds.
 */
public final class Hedges {
  /** The most hedges at once, after a time without any. */
  static final int MAX_TOKENS = 10;

  /** The most candidates that are observed; callers may choose model names. */
  static final int MAX_CANDIDATES = 1_000;

  private static final long TOKEN = 1_000_000;

  private final AtomicLong tokens = new AtomicLong(TOKEN);
  private final Map<CandidateName, FirstChunks> observed = new ConcurrentHashMap<>();

  /** Records a request that may be hedged. */
  public void request(double maxRatio) {
    long more = (long) (maxRatio * TOKEN);
    tokens.updateAndGet(held -> Math.min(MAX_TOKENS * TOKEN, held + more));
  }

  /**
   * Takes the right to one hedge; returns false if there is none.
   *
   * @param maxRatio the share of requests that may be hedged; 0 for none
   */
  public boolean take(double maxRatio) {
    if (maxRatio <= 0) {
      return false;
    }
    long before = tokens.getAndUpdate(held -> held >= TOKEN ? held - TOKEN : held);
    return before >= TOKEN;
  }

  /** Records the time of a candidate to its first chunk, or to the end of its patience. */
  public void observed(String backend, String model, long ms) {
    CandidateName name = new CandidateName(backend, model);
    FirstChunks known = observed.get(name);
    if (known == null && observed.size() < MAX_CANDIDATES) {
      known = observed.computeIfAbsent(name, created -> new FirstChunks());
    }
    if (known != null) {
      known.add(ms);
    }
  }

  /** Returns the 95th percentile of a candidate's times, in ms; -1 while too few are known. */
  public long p95(String backend, String model) {
    FirstChunks known = observed.get(new CandidateName(backend, model));
    return known == null ? -1 : known.p95();
  }
}
