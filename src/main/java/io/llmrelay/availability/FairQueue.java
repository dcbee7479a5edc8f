package io.llmrelay.availability;

import io.llmrelay.chat.Priority;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;

/**
 * A queue in which higher priorities come first, and the consumers of one priority take turns in
 * the ratio of their weights: weighted fair queueing, in which each place costs a consumer the
 * inverse of its weight in virtual time. The requests of one consumer keep their order. Not
 * thread-safe.
 *
 * @param <T> what waits
 */
final class FairQueue<T> {
  /** A place in the queue. */
  static final class Place<T> {
    private final T waiting;
    private final Share share;
    private final double time;
    private final long number;

    private Place(T waiting, Share share, double time, long number) {
      this.waiting = waiting;
      this.share = share;
      this.time = time;
      this.number = number;
    }

    T waiting() {
      return waiting;
    }
  }

  /** The last place of a consumer, and how many it has. */
  private static final class Consumer {
    private double last;
    private int places;
  }

  private final TreeSet<Place<T>> places =
      new TreeSet<>(
          Comparator.comparing((Place<T> place) -> place.share.priority())
              .thenComparingDouble(place -> place.time)
              .thenComparingLong(place -> place.number));

  /** Only consumers that have a place. */
  private final Map<Share, Consumer> consumers = new HashMap<>();

  /** The virtual time of each priority: that of the last place that was served. */
  private final Map<Priority, Double> served = new EnumMap<>(Priority.class);

  private long numbers;

  Place<T> add(T waiting, Share share, int weight) {
    double now = served.getOrDefault(share.priority(), 0.0);
    Consumer consumer = consumers.computeIfAbsent(share, c -> new Consumer());
    consumer.last = Math.max(now, consumer.last) + 1.0 / weight;
    consumer.places++;
    Place<T> place = new Place<>(waiting, share, consumer.last, numbers++);
    places.add(place);
    return place;
  }

  /** Removes and returns the first; {@code null} if the queue is empty. */
  T poll() {
    Place<T> first = places.pollFirst();
    if (first == null) {
      return null;
    }
    served.put(first.share.priority(), first.time);
    forget(first);
    return first.waiting;
  }

  /** Returns whether the place was in the queue. */
  boolean remove(Place<T> place) {
    boolean removed = places.remove(place);
    if (removed) {
      forget(place);
    }
    return removed;
  }

  /** Returns the number of places before this one. */
  int before(Place<T> place) {
    return places.headSet(place).size();
  }

  int size() {
    return places.size();
  }

  private void forget(Place<T> place) {
    Consumer consumer = consumers.get(place.share);
    if (--consumer.places == 0) {
      consumers.remove(place.share);
    }
    if (places.isEmpty()) {
      served.clear();
    }
  }
}
