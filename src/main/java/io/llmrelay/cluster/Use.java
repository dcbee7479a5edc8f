package io.llmrelay.cluster;

/**
 * What a node uses of a limit, in the limit's own unit.
 *
 * @param since the start of the window in which it was used, in milliseconds since the epoch; 0 for
 *     a limit without windows
 * @param used what is used up; never decreases within a window
 * @param reserved what is in use at present, or reserved for requests in progress
 */
public record Use(long since, long used, long reserved) {

  /** Returns what is used and reserved. */
  public long total() {
    return used + reserved;
  }

  /** Returns what is used in a window; of an earlier one only what is reserved remains. */
  Use in(long window) {
    return window == since ? this : new Use(window, 0, reserved);
  }
}
