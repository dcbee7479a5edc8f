package io.llmrelay.cluster;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What the nodes report to each other about shared limits, without timers and without an event bus.
 *
 * <p>Each node counts its own use. Reports are cumulative, so that a lost one does no harm, and the
 * use of a window is the sum over all nodes that ever reported one: it survives the node, and is
 * never counted twice. A node may use its part of what is left, beyond what the others have
 * confirmed to know of its use: that divided by the number of nodes that use the limit. So a
 * request needs no message, a node with more requests takes part after part, and all parts together
 * are no more than what is left. When half of a part is used, the node asks for confirmation at
 * once.
 *
 * <p>A node that falls silent may have died, or be cut off and in use. Its share (what is left,
 * divided by all nodes) is held back until the cluster manager has dropped it. Then the larger side
 * uses the whole limit again; the smaller one, or without the node of the lowest id half of the
 * nodes, keeps to its shares. So a cluster that is split exceeds a limit by no more than the shares
 * of the nodes that were cut off.
 *
 * <p>Only {@link #changed} and {@link #hasPeers} may be called on any thread.
 */
final class LimitExchange implements Sharing {
  private static final Logger LOG = System.getLogger(LimitExchange.class.getName());

  static final int VERSION = 1;

  /** How often {@link #tick} is to be called; urgent reports of few nodes wait no longer. */
  static final long TICK_MS = 20;

  /** How long a report waits for others. */
  static final long REPORT_MS = 250;

  /** How often a node is heard even if it has nothing to report. */
  static final long HEARTBEAT_MS = 1_000;

  /** After so long a report counts as known to the others, even if they have not confirmed it. */
  static final long CONFIRM_MS = 1_000;

  /** The most nodes that confirm reports; among more, reports count as known after a while. */
  static final int MAX_CONFIRMING = 100;

  private static final long CHECK_MS = 500;

  /** A node that was not heard for so long is lost. */
  static final long SILENCE_MS = 3_000;

  /** As {@link #SILENCE_MS}, if the cluster manager has dropped the node. */
  static final long DROPPED_SILENCE_MS = 1_500;

  /** Without a cluster manager, a silent node has left after so long. */
  static final long LEFT_MS = 10_000;

  /** How long a node counts as one that uses a limit. */
  static final long ACTIVE_MS = 10_000;

  /** The most limits in a message. */
  static final int MAX_ROWS = 250;

  private final LongSupplier clock;
  private final Supplier<Set<String>> members;
  private final Consumer<JsonObject> publisher;
  private final Map<String, SharedLimit> limits = new ConcurrentHashMap<>();
  private final Queue<SharedLimit> queue = new ConcurrentLinkedQueue<>();
  private final Queue<Report> unconfirmed = new ArrayDeque<>();
  private final Map<String, Peer> peers = new HashMap<>();
  private String node;
  private volatile boolean hasPeers;
  private volatile boolean urgent;
  private boolean confirmsUrgently;
  private boolean confirms;
  private long sequence;
  private long publishedAt;
  private long reportedAt;
  private long checkedAt;
  private boolean limited;

  /** A limit in a report, with what was reported. */
  private record Report(SharedLimit limit, long sequence, Use use, long until) {}

  private static final class Peer {
    long heardAt;
    boolean lost;

    /** The number of its last report, and whether it is to be confirmed. */
    long heard;

    boolean toConfirm;

    /** The number of the last report of this node that it has confirmed. */
    long confirmed;

    Peer(long heardAt) {
      this.heardAt = heardAt;
    }
  }

  /**
   * @param node identifies this node: the cluster manager's id, {@code /} and more
   * @param clock a monotonic clock in milliseconds
   * @param members returns the nodes that the cluster manager knows; {@code null} without one
   * @param publisher sends a message to all nodes
   */
  LimitExchange(
      String node,
      LongSupplier clock,
      Supplier<Set<String>> members,
      Consumer<JsonObject> publisher) {
    this.node = node;
    this.clock = clock;
    this.members = members;
    this.publisher = publisher;
    publishedAt = clock.getAsLong() - HEARTBEAT_MS;
    reportedAt = publishedAt;
    checkedAt = publishedAt;
  }

  String node() {
    return node;
  }

  /** Sets the id under which this node has reported before. */
  void setNode(String node) {
    this.node = node;
  }

  @Override
  public void add(SharedLimit limit) {
    limits.put(limit.id(), limit);
    limit.attach(this);
    share(limit);
    limit.changed(false);
  }

  @Override
  public void remove(SharedLimit limit) {
    limits.remove(limit.id(), limit);
    limit.attach(null);
    queue.remove(limit);
    unconfirmed.removeIf(report -> report.limit == limit);
    limit.isQueued.set(false);
    limit.unconfirmed = 0;
  }

  boolean isEmpty() {
    return limits.isEmpty();
  }

  boolean hasPeers() {
    return hasPeers;
  }

  /** Returns the number of nodes that share the limits, lost ones included. */
  int nodes() {
    return 1 + peers.size();
  }

  /** Queues a limit for the next report. */
  void changed(SharedLimit limit, boolean isUrgent) {
    if (!limit.isQueued.get() && limit.isQueued.compareAndSet(false, true)) {
      queue.add(limit);
    }
    if (isUrgent && !urgent) {
      urgent = true;
    }
  }

  /** Publishes what is due, and renews parts. To be called every {@link #TICK_MS}. */
  void tick() {
    long now = clock.getAsLong();
    if (now - checkedAt >= CHECK_MS) {
      checkedAt = now;
      checkPeers(now);
    }
    if (!hasPeers) {
      return;
    }
    boolean due = now - reportedAt >= (urgent || confirmsUrgently ? urgentMs() : reportMs());
    if ((due && (confirms || !queue.isEmpty())) || now - publishedAt >= HEARTBEAT_MS) {
      report(now);
    }
    confirm(now);
  }

  /** Applies confirmations: what the others know is the basis of this node's part. */
  private void confirm(long now) {
    long confirmed = confirmedByAll();
    Set<SharedLimit> changed = new HashSet<>();
    for (Report first = unconfirmed.peek();
        first != null && (first.sequence <= confirmed || first.until <= now);
        first = unconfirmed.peek()) {
      unconfirmed.remove();
      first.limit.unconfirmed--;
      first.limit.confirmed = first.use;
      changed.add(first.limit);
    }
    changed.forEach(this::share);
  }

  private long confirmedByAll() {
    long confirmed = Long.MAX_VALUE;
    for (Peer peer : peers.values()) {
      confirmed = peer.lost ? confirmed : Math.min(confirmed, peer.confirmed);
    }
    return nodes() > MAX_CONFIRMING ? -1 : confirmed;
  }

  /** Returns how long a report waits: in a large cluster longer, so that all are received. */
  private long reportMs() {
    return REPORT_MS * (1 + nodes() / 100);
  }

  private long urgentMs() {
    return TICK_MS * (1 + nodes() / 20);
  }

  private void report(long now) {
    boolean isUrgent = urgent;
    urgent = false;
    confirmsUrgently = false;
    reportedAt = now;
    publishedAt = now;
    long confirmMs = nodes() > MAX_CONFIRMING ? 2 * urgentMs() : CONFIRM_MS;
    JsonArray rows = new JsonArray();
    for (SharedLimit limit = queue.poll(); limit != null; limit = queue.poll()) {
      limit.isQueued.set(false); // Before its use is read: a later change is reported again.
      limit.reportedAt = now;
      limit.unconfirmed++;
      Use use = limit.use();
      unconfirmed.add(new Report(limit, sequence + 1, use, now + confirmMs));
      rows.add(row(limit, use).put("reserved", use.reserved()));
      if (rows.size() == MAX_ROWS) {
        publish(rows, isUrgent);
        rows = new JsonArray();
      }
    }
    publish(rows, isUrgent);
  }

  private void publish(JsonArray rows, boolean isUrgent) {
    JsonObject message = message(rows);
    if (!rows.isEmpty()) {
      sequence++;
      message.put("report", sequence);
      if (isUrgent) {
        message.put("urgent", true);
      }
    }
    if (confirms) {
      confirms = false;
      JsonObject heard = new JsonObject();
      peers.forEach(
          (id, peer) -> {
            if (peer.toConfirm) {
              peer.toConfirm = false;
              heard.put(id, peer.heard);
            }
          });
      message.put("heard", heard);
    }
    publisher.accept(message);
  }

  private JsonObject message(JsonArray rows) {
    return new JsonObject().put("version", VERSION).put("node", node).put("limits", rows);
  }

  private static JsonObject row(SharedLimit limit) {
    Use use = limit.use();
    return row(limit, use).put("reserved", use.reserved());
  }

  private static JsonObject row(SharedLimit limit, Use use) {
    return new JsonObject()
        .put("limit", limit.id())
        .put("since", use.since())
        .put("used", use.used());
  }

  /** Returns a message that introduces this node. */
  JsonObject hello() {
    return message(new JsonArray());
  }

  /** Returns a message by which this node gives its parts back. */
  JsonObject goodbye() {
    JsonArray rows = new JsonArray();
    limits.values().forEach(limit -> rows.add(row(limit)));
    return message(rows).put("left", true);
  }

  /** Returns everything that is known here: also what nodes have used that are gone. */
  JsonObject known() {
    JsonArray rows = new JsonArray();
    for (SharedLimit limit : limits.values()) {
      rows.add(row(limit));
      long since = limit.use().since();
      limit
          .usedByOthers(since)
          .forEach(
              (of, used) -> {
                if (since > 0) {
                  rows.add(row(limit, new Use(since, used, 0)).put("of", of));
                }
              });
    }
    JsonArray live = new JsonArray();
    peers.forEach(
        (id, peer) -> {
          if (!peer.lost) {
            live.add(id);
          }
        });
    return message(rows).put("nodes", live);
  }

  /** Applies a message of another node; what is malformed is ignored. */
  void receive(JsonObject body) {
    if (!(body.getValue("node") instanceof String from) || from.equals(node)) {
      return;
    }
    long now = clock.getAsLong();
    boolean left = Boolean.TRUE.equals(body.getValue("left"));
    Peer peer = peers.get(from);
    boolean isNew = peer == null || peer.lost;
    if (peer == null) {
      peer = new Peer(now);
      peers.put(from, peer);
    }
    peer.lost = false;
    peer.heardAt = now;
    Set<SharedLimit> touched = new HashSet<>();
    if (body.getValue("limits") instanceof JsonArray rows) {
      for (Object row : rows) {
        if (row instanceof JsonObject json) {
          receive(from, json, isNew, now, touched);
        }
      }
    }
    receiveNumbers(peer, body);
    boolean learned = body.getValue("nodes") instanceof JsonArray nodes && learn(nodes, now);
    if (left) {
      forget(from);
    }
    if (isNew || left || learned) {
      peersChanged();
    } else {
      touched.forEach(this::share);
      confirm(now);
    }
  }

  private void receiveNumbers(Peer peer, JsonObject body) {
    if (body.getValue("report") instanceof Number report) {
      peer.heard = report.longValue();
      peer.toConfirm = nodes() <= MAX_CONFIRMING;
      confirms |= peer.toConfirm;
      confirmsUrgently |= peer.toConfirm && Boolean.TRUE.equals(body.getValue("urgent"));
    }
    if (body.getValue("heard") instanceof JsonObject heard
        && heard.getValue(node) instanceof Number mine) {
      peer.confirmed = Math.max(peer.confirmed, mine.longValue());
    }
  }

  private boolean learn(JsonArray nodes, long now) {
    boolean learned = false;
    for (Object id : nodes) {
      if (id instanceof String other && !other.equals(node) && !peers.containsKey(other)) {
        peers.put(other, new Peer(now));
        learned = true;
      }
    }
    return learned;
  }

  private void receive(
      String from, JsonObject row, boolean isNew, long now, Set<SharedLimit> touched) {
    if (!(row.getValue("limit") instanceof String id)
        || !(row.getValue("since") instanceof Number since)
        || !(row.getValue("used") instanceof Number used)) {
      return;
    }
    SharedLimit limit = limits.get(id);
    String of = row.getValue("of") instanceof String other ? other : from;
    if (limit == null || of.equals(node)) {
      return;
    }
    touched.add(limit);
    SharedLimit.Known known = limit.others.get(of);
    boolean isFirst = since.longValue() == 0 && (known == null || isNew);
    if (isFirst && known != null) {
      limit.usedByLeft += known.use.used() - known.base;
    }
    limit.merge(of, since.longValue(), used.longValue());
    known = limit.others.get(of);
    if (of.equals(from) && known != null) {
      long reserved = row.getValue("reserved") instanceof Number number ? number.longValue() : 0;
      known.use = new Use(known.use.since(), known.use.used(), reserved);
      known.base = isFirst ? used.longValue() : known.base;
      known.reportedAt = now;
    }
  }

  private void peersChanged() {
    boolean first = !hasPeers && !peers.isEmpty();
    hasPeers = !peers.isEmpty();
    for (SharedLimit limit : limits.values()) {
      if (first) {
        changed(limit, true);
      }
      share(limit);
    }
  }

  /** Finds lost nodes, and forgets those that have died. */
  private void checkPeers(long now) {
    Set<String> known = peers.isEmpty() ? null : members.get();
    List<String> dropped = new ArrayList<>();
    boolean changed = false;
    for (Map.Entry<String, Peer> each : peers.entrySet()) {
      Peer peer = each.getValue();
      long silent = now - peer.heardAt;
      boolean isMember = known == null || known.contains(each.getKey().split("/", 2)[0]);
      boolean lost = silent >= (isMember ? SILENCE_MS : DROPPED_SILENCE_MS);
      changed |= lost != peer.lost;
      peer.lost = lost;
      if (lost && (known == null ? silent >= LEFT_MS : !isMember)) {
        dropped.add(each.getKey());
      }
    }
    if (!dropped.isEmpty()) {
      changed |= known == null || isLargerSide() ? forgetAll(dropped) : keepToShares(dropped);
    } else if (limited) {
      limited = false;
      LOG.log(Level.INFO, "the whole of each limit is shared by {0} nodes again", nodes());
    }
    if (changed) {
      peersChanged();
    }
  }

  /** Whether this side may use the shares of the lost nodes, should they have died. */
  private boolean isLargerSide() {
    long lost = peers.values().stream().filter(peer -> peer.lost).count();
    long live = nodes() - lost;
    if (live == lost) {
      String lowest = node;
      for (String id : peers.keySet()) {
        lowest = id.compareTo(lowest) < 0 ? id : lowest;
      }
      return lowest.equals(node) || !peers.get(lowest).lost;
    }
    return live > lost;
  }

  private boolean forgetAll(List<String> dropped) {
    dropped.forEach(this::forget);
    return true;
  }

  private void forget(String id) {
    peers.remove(id);
    for (SharedLimit limit : limits.values()) {
      SharedLimit.Known known = limit.others.get(id);
      if (known == null) {
        continue;
      }
      if (known.use.since() == 0) {
        limit.usedByLeft += known.use.used() - known.base;
        limit.others.remove(id);
      } else {
        known.use = new Use(known.use.since(), known.use.used(), 0);
      }
    }
  }

  /** Releases what dropped nodes had reserved; their shares are held back. */
  private boolean keepToShares(List<String> dropped) {
    boolean changed = false;
    for (SharedLimit limit : limits.values()) {
      for (String id : dropped) {
        SharedLimit.Known known = limit.others.get(id);
        if (known != null && known.use.reserved() > 0) {
          known.use = new Use(known.use.since(), known.use.used(), 0);
          changed = true;
        }
      }
    }
    if (!limited) {
      limited = true;
      LOG.log(
          Level.WARNING,
          "{0} of {1} nodes are gone without notice: the others keep to their shares of the limits"
              + " until they are back or this node is restarted",
          dropped.size(),
          nodes());
    }
    return changed;
  }

  /** Tells a limit what the others use. */
  void share(SharedLimit limit) {
    Use own = limit.use();
    boolean isConfirmed = limit.unconfirmed == 0 && !limit.isQueued.get();
    if (isConfirmed || limit.confirmed == null || !hasPeers) {
      limit.confirmed = own;
    }
    long now = clock.getAsLong();
    long used = own.since() == 0 ? limit.usedByLeft : 0;
    long reserved = 0;
    long reservedByLost = 0;
    long most = 0;
    int active = 0;
    long heardAt = Long.MAX_VALUE;
    for (Map.Entry<String, SharedLimit.Known> each : limit.others.entrySet()) {
      SharedLimit.Known known = each.getValue();
      Peer peer = peers.get(each.getKey());
      if (known.use.since() == own.since()) {
        used += known.use.used() - known.base;
      }
      if (peer != null) {
        reserved += known.use.reserved();
        reservedByLost += peer.lost ? known.use.reserved() : 0;
        most = Math.max(most, known.use.reserved());
        active += !peer.lost && isActive(known.reportedAt, now) ? 1 : 0;
      }
    }
    int lost = 0;
    for (Peer peer : peers.values()) {
      if (peer.lost) {
        lost++;
        heardAt = Math.min(heardAt, peer.heardAt);
      }
    }
    boolean isActive = isActive(limit.reportedAt, now);
    long total = own.used() + own.reserved() + used + reserved;
    long usedWhenHeard = limit.totals.at(heardAt, own.since(), total);
    limit.totals.add(now, own.since(), total);
    limit
        .others
        .entrySet()
        .removeIf(
            each -> each.getValue().use.since() < own.since() && !peers.containsKey(each.getKey()));
    limit.share(
        new Others(
            own.since(),
            used,
            reserved,
            reservedByLost,
            most,
            usedWhenHeard,
            limit.confirmed.in(own.since()),
            active + (isActive ? 1 : 0),
            isActive,
            lost,
            nodes(),
            limit.unconfirmed == 0));
  }

  private static boolean isActive(long reportedAt, long now) {
    return now - reportedAt < ACTIVE_MS;
  }
}
