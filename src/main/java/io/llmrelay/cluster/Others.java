package io.llmrelay.cluster;

/**
 * What the other nodes use of a limit, as far as it is known, and this node's part of what is left.
 *
 * @param since the start of the window
 * @param used what they have used up in that window; without windows, since they were first heard
 * @param reserved what is in use or reserved at nodes that are part of the cluster
 * @param reservedByLost the part of {@code reserved} that is of lost nodes
 * @param mostReserved the highest {@code reserved} of a single node
 * @param usedWhenHeard what all nodes together had used and reserved when the lost nodes were last
 *     heard
 * @param confirmed what the others know of this node's use in that window
 * @param active the live nodes that have used the limit a short while ago
 * @param isActive whether this node is one of them
 * @param lost the nodes of {@code nodes} that can no longer be heard, and may be using their shares
 * @param nodes the nodes that share the limit, this one and the lost ones included
 * @param isConfirmed whether the others know all that this node has used
 */
public record Others(
    long since,
    long used,
    long reserved,
    long reservedByLost,
    long mostReserved,
    long usedWhenHeard,
    Use confirmed,
    int active,
    boolean isActive,
    int lost,
    int nodes,
    boolean isConfirmed) {

  /** There are no other nodes. */
  public static final Others NONE =
      new Others(0, 0, 0, 0, 0, 0, new Use(0, 0, 0), 1, true, 0, 1, true);

  /** Returns whether there is no other node, so that all of the limit is this node's. */
  public boolean isAlone() {
    return nodes == 1;
  }

  /**
   * Returns the part of an amount that this node may use beyond what is confirmed, rounded up. A
   * node that does not use the limit may use half of an equal part, so that it can begin; the
   * others divide the rest equally.
   */
  public long part(double amount) {
    return amount <= 0 ? 0 : (long) Math.ceil(amount * numerator() / denominator());
  }

  /** Returns the interval at which this node may take one of what is added at an interval. */
  public long interval(long intervalNs) {
    return Math.max(1, (long) (intervalNs * denominator() / numerator()));
  }

  private double numerator() {
    int live = nodes - lost;
    return isActive ? live + active : 1;
  }

  private double denominator() {
    int live = nodes - lost;
    return isActive ? 2.0 * live * active : 2.0 * live;
  }

  /** Returns the part of an amount that belongs to lost nodes, rounded down. */
  public long held(long amount) {
    return amount <= 0 ? 0 : (long) ((double) amount * lost / nodes);
  }
}
