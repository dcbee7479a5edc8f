package io.llmrelay.availability;

/**
 * An amount of requests, tokens and US dollars. Dollars are counted in billionths, so that sums are
 * exact and a token of the cheapest model is still several.
 */
public record Spend(long requests, long tokens, long nanoUsd) {
  private static final double NANO = 1e9;

  public static final Spend NOTHING = new Spend(0, 0, 0);
  public static final Spend ONE_REQUEST = new Spend(1, 0, 0);

  /** Creates a spend without a request; an unknown price counts as 0. */
  public static Spend of(long tokens, Double usd) {
    return new Spend(0, tokens, usd == null ? 0 : nano(usd));
  }

  Spend plus(Spend other) {
    return new Spend(requests + other.requests, tokens + other.tokens, nanoUsd + other.nanoUsd);
  }

  Spend minus(Spend other) {
    return new Spend(requests - other.requests, tokens - other.tokens, nanoUsd - other.nanoUsd);
  }

  static long nano(double usd) {
    return Math.round(usd * NANO);
  }

  static double usd(long nanoUsd) {
    return nanoUsd / NANO;
  }
}
