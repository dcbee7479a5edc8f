package io.llmrelay.availability;

/**
 * An amount of requests, tokens and US dollars. Dollars are counted in billionths, so that sums are
 * exact and a token of the cheapest model is still several.
 */
public record Cost(long requests, long tokens, long nanoUsd) {
  private static final double NANO = 1e9;

  public static final Cost NOTHING = new Cost(0, 0, 0);
  public static final Cost ONE_REQUEST = new Cost(1, 0, 0);

  /** Creates a cost without a request; an unknown price counts as 0. */
  public static Cost of(long tokens, Double usd) {
    return new Cost(0, tokens, usd == null ? 0 : nano(usd));
  }

  Cost plus(Cost other) {
    return new Cost(requests + other.requests, tokens + other.tokens, nanoUsd + other.nanoUsd);
  }

  Cost minus(Cost other) {
    return new Cost(requests - other.requests, tokens - other.tokens, nanoUsd - other.nanoUsd);
  }

  static long nano(double usd) {
    return Math.round(usd * NANO);
  }

  static double usd(long nanoUsd) {
    return nanoUsd / NANO;
  }
}
