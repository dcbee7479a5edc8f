package io.llmrelay.observe;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps a label's values bounded in number and length. The first that come have labels of their own
 * for good; all others share {@link #OTHER}.
 */
final class BoundedLabels {
  static final String OTHER = "other";

  private static final int MAX_LENGTH = 200;

  private final Set<String> known = ConcurrentHashMap.newKeySet();
  private final int max;

  BoundedLabels(int max) {
    this.max = max;
  }

  /** Whether the value has a label of its own, without giving it one. */
  boolean knows(String value) {
    return known.contains(value);
  }

  /** Whether the value has a label of its own, which it gets if there is still one to give. */
  boolean admits(String value) {
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
