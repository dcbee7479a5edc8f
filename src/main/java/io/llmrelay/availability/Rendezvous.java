package io.llmrelay.availability;

/**
 * Weighted rendezvous hashing: of several nodes, a key prefers the one with the lowest {@link
 * #score}. Each node gets a share of the keys in proportion to its weight, and a node that is
 * added, removed or unavailable moves its own share only. Every process that knows the same names
 * computes the same order; there is no table.
 */
public final class Rendezvous {
  private static final double UNIT = 0x1p-53;

  private Rendezvous() {}

  /** Returns a well-distributed hash of a short text; never 0. */
  public static long hash(CharSequence text) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
    }
    hash = mix(hash);
    return hash == 0 ? 1 : hash;
  }

  /** Returns a hash of two numbers on top of another hash; never 0. */
  public static long combine(long hash, int one, int other) {
    long combined = mix(hash * 31 + ((long) one << 32 | other & 0xffffffffL));
    return combined == 0 ? 1 : combined;
  }

  /**
   * Returns the rank of a node for a key; lower is preferred.
   *
   * @param key the hash of the key
   * @param node the hash of the node's name
   * @param weight 0 for a node that is the last choice of every key
   */
  public static double score(long key, long node, double weight) {
    return score(mix(key ^ Long.rotateLeft(node, 32)), weight);
  }

  /**
   * Returns the rank of a node that draws its place; lower is preferred.
   *
   * @param random uniformly distributed bits
   */
  public static double score(long random, double weight) {
    double uniform = ((random >>> 11) + 0.5) * UNIT;
    return weight <= 0 ? Double.MAX_VALUE : -Math.log(uniform) / weight;
  }

  /** The finalizer of SplitMix64. */
  private static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
