package io.llmrelay.availability;

/**
 * What is taken from a budget. Dollars are counted in billionths: sums of them are exact, and a
 * token of the cheapest model is still several.
 */
public record Spend(long requests, long tokens, long nanoUsd) {
  private static final double NANO = 1e9;

  public static final Spend NOTHING = new Spend(0, 0, 0);
  public static final Spend ONE_REQUEST = new Spend(1, 0, 0);

  /** So many tokens at that price; a price that is not known is nothing. */
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
