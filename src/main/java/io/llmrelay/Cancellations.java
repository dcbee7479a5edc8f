package io.llmrelay;

import io.vertx.core.Future;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;

/**
 * Actions that run when a future completes, unless they are removed before.
 *
 * <p>A listener of a future cannot be removed. Therefore each future gets a single listener for all
 * its actions, and a long-lived future retains no request that has ended.
 */
final class Cancellations {
  private final Map<Future<?>, Set<Runnable>> pending = new WeakHashMap<>();

  /** Adds an action, which runs on the thread that completes the future. */
  void add(Future<?> cancelOn, Runnable action) {
    boolean first;
    Set<Runnable> actions;
    synchronized (pending) {
      first = !pending.containsKey(cancelOn);
      actions = pending.computeIfAbsent(cancelOn, same -> new HashSet<>(1));
      actions.add(action);
    }
    if (first || cancelOn.isComplete()) {
      cancelOn.onComplete(done -> runAll(actions));
    }
  }

  /** Removes an action, if it has not run. */
  void remove(Future<?> cancelOn, Runnable action) {
    synchronized (pending) {
      Set<Runnable> actions = pending.get(cancelOn);
      if (actions != null) {
        actions.remove(action);
      }
    }
  }

  private void runAll(Set<Runnable> actions) {
    List<Runnable> all;
    synchronized (pending) {
      all = List.copyOf(actions);
      actions.clear();
    }
    all.forEach(Runnable::run);
  }
}
