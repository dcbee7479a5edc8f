package io.llmrelay.observe;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A bound for the number and length of a label's values. The first values keep labels of their own;
 * all later ones share {@link #OTHER}.
 */
final class BoundedLabels {
  static final String OTHER = "other";

  private static final int MAX_LENGTH = 200;

  private final Set<String> known = ConcurrentHashMap.newKeySet();
  private final int max;

  BoundedLabels(int max) {
    this.max = max;
  }

  /** Whether the value has a label of its own. */
  boolean contains(String value) {
    return known.contains(value);
  }

  /** Gives the value a label of its own unless all are in use; returns whether it has one. */
  boolean add(String value) {
    if (known.contains(value)) {
      return true;
    }
    if (value.length() > MAX_LENGTH) {
      return false;
    }
    synchronized (this) {
      return known.size() < max && known.add(value);
    }
  }
}
