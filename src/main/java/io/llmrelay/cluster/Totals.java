package io.llmrelay.cluster;

import java.util.ArrayDeque;
import java.util.Deque;

/** What all nodes together used of a limit at times of the last few seconds. */
final class Totals {
  private static final long INTERVAL_MS = 250;
  private static final int MAX = (int) (LimitExchange.SILENCE_MS * 2 / INTERVAL_MS);

  private final Deque<Total> totals = new ArrayDeque<>(MAX);

  private record Total(long at, long since, long used) {}

  /** Adds what is used now, unless the last amount is recent. */
  void add(long now, long since, long used) {
    Total last = totals.peekLast();
    if (last == null || last.since != since || now - last.at >= INTERVAL_MS) {
      if (totals.size() == MAX) {
        totals.removeFirst();
      }
      totals.add(new Total(now, since, used));
    }
  }

  /**
   * Returns what was used at a time in the past; in a window that began later, nothing.
   *
   * @param now what is used now
   */
  long at(long time, long since, long now) {
    if (totals.isEmpty() || totals.peekLast().at <= time) {
      return now;
    }
    Total found = totals.peekFirst();
    for (Total total : totals) {
      if (total.at <= time) {
        found = total;
      }
    }
    return found.since == since ? found.used : 0;
  }
}
