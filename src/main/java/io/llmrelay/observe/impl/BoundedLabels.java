package io.llmrelay.observe.impl;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A limit for the number and length of a label's values. The first values are used as labels; all
 * later ones share the label {@link #OTHER}.
 */
final class BoundedLabels {
  static final String OTHER = "other";

  private static final int MAX_LENGTH = 200;

  private final Set<String> known = ConcurrentHashMap.newKeySet();
  private final int max;

  BoundedLabels(int max) {
    this.max = max;
  }

  /** Returns whether the value is used as a label. */
  boolean contains(String value) {
    return known.contains(value);
  }

  /** Admits the value as a label unless the limit is reached; returns whether it is one. */
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
