package io.llmrelay;

import io.vertx.core.Future;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;

/**
 * What is to be done when a future completes, unless it is taken back before.
 *
 * <p>A future cannot be asked to forget a listener. So each gets one, however many runs it is given
 * to, and a future that lives long keeps no run that is over.
 */
final class Cancellations {
  private final Map<Future<?>, Set<Runnable>> pending = new WeakHashMap<>();

  /** Runs the action when the future completes, on whichever thread does that. */
  void add(Future<?> cancelOn, Runnable action) {
    boolean first;
    Set<Runnable> actions;
    synchronized (pending) {
      first = !pending.containsKey(cancelOn);
      actions = pending.computeIfAbsent(cancelOn, same -> new HashSet<>());
      actions.add(action);
    }
    if (first || cancelOn.isComplete()) {
      cancelOn.onComplete(done -> runAll(actions));
    }
  }

  /** Takes an action back; without effect where it was run or taken back before. */
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
