package io.llmrelay.cluster;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A limit that holds for all nodes together. {@link #changed} may be called on any thread;
 * everything else happens on the context of the {@link SharedLimits}.
 */
public abstract class SharedLimit {
  /** The most nodes, of which most have been restarted since, whose use is kept for a limit. */
  static final int MAX_NODES = 10_000;

  private final String id;

  /** What each other node uses. */
  final Map<String, Known> others = new HashMap<>();

  /** What nodes that left have used of a limit without windows. */
  long usedByLeft;

  /** Whether the limit waits for the next report. */
  final AtomicBoolean isQueued = new AtomicBoolean();

  /** How many reports of the limit are not confirmed yet. */
  int unconfirmed;

  /** What the others know of this node's use; {@code null} for nothing. */
  Use confirmed;

  /** When this node last reported the limit. */
  long reportedAt = Long.MIN_VALUE / 2;

  /** What was used when the others were last heard. */
  final Totals totals = new Totals();

  private volatile LimitExchange exchange;

  /** What is known of a node. */
  static final class Known {
    Use use;

    /** What it had used of a limit without windows when it was first heard. */
    long base;

    /** When it last reported this limit. */
    long reportedAt = Long.MIN_VALUE / 2;

    Known(Use use) {
      this.use = use;
    }
  }

  /**
   * @param id identifies the limit at all nodes
   */
  protected SharedLimit(String id) {
    this.id = id;
  }

  /** Returns what identifies the limit at all nodes. */
  public final String id() {
    return id;
  }

  /** Returns what this node uses. */
  protected abstract Use use();

  /** Applies what the other nodes use. */
  protected abstract void share(Others others);

  /**
   * Reports the use of this node to the others soon. Costs next to nothing without other nodes.
   *
   * @param urgent whether this node has little left of its part
   */
  protected final void changed(boolean urgent) {
    LimitExchange current = exchange;
    if (current != null && current.hasPeers()) {
      current.changed(this, urgent);
    }
  }

  /** Returns whether there are other nodes. */
  protected final boolean isShared() {
    LimitExchange current = exchange;
    return current != null && current.hasPeers();
  }

  final void attach(LimitExchange exchange) {
    this.exchange = exchange;
  }

  /**
   * Merges what a node, perhaps this one before a restart, has used in a window. It counts once,
   * however often and by whomever it is reported.
   */
  public final void restore(String node, long since, long used) {
    merge(node, since, used);
    if (exchange != null) {
      exchange.share(this);
    }
  }

  final void merge(String node, long since, long used) {
    Known known = others.get(node);
    if (known == null) {
      if (others.size() < MAX_NODES) {
        others.put(node, new Known(new Use(since, used, 0)));
      }
    } else if (since > known.use.since()
        || (since == known.use.since() && used > known.use.used())) {
      known.use = new Use(since, used, known.use.reserved());
    }
  }

  /** Returns what other nodes have used in a window, by node. */
  public final Map<String, Long> usedByOthers(long since) {
    Map<String, Long> used = new HashMap<>();
    others.forEach(
        (node, known) -> {
          if (known.use.since() == since && known.use.used() > 0) {
            used.put(node, known.use.used());
          }
        });
    return used;
  }
}
