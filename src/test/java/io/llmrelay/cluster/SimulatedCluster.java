package io.llmrelay.cluster;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;

/**
 * Nodes that share limits, with a clock that is moved by hand, and messages that take some time,
 * get lost or reach only one side of a partition.
 */
public final class SimulatedCluster {
  /** How soon the cluster manager drops a node that it cannot reach. */
  public static final long DROPPED_AFTER_MS = 5_000;

  private static final long ASK_INTERVAL_MS = 7_000;

  private final Random random = new Random(1);
  private final PriorityQueue<Delivery> deliveries =
      new PriorityQueue<>(
          Comparator.comparingLong(Delivery::at).thenComparingLong(Delivery::number));
  private final List<Node> nodes = new ArrayList<>();
  private long now = 1_000_000;
  private long numbers;
  private double loss;
  private int latency = 2;

  private record Delivery(long at, long number, Runnable action) {}

  /** A node, until it is killed or leaves. */
  public final class Node implements Sharing {
    private final LimitExchange exchange;
    private final long phase = random.nextInt((int) LimitExchange.TICK_MS);
    private final String manager = "node-" + nodes.size();
    private int side;

    /** The side that the cluster manager believes in. */
    private int knownSide;

    private Node() {
      exchange = new LimitExchange(manager + "/0", () -> now, this::members, this::publish);
    }

    private Set<String> members() {
      Set<String> members = new HashSet<>();
      nodes.stream()
          .filter(node -> node.knownSide == knownSide)
          .forEach(node -> members.add(node.manager));
      return members;
    }

    private void publish(JsonObject message) {
      nodes.forEach(node -> deliver(node, message));
    }

    private void deliver(Node to, JsonObject message) {
      if (random.nextDouble() >= loss) {
        JsonObject copy = message.copy();
        after(
            latency + random.nextInt(4),
            () -> {
              if (nodes.contains(to) && to.side == side) {
                to.exchange.receive(copy);
              }
            });
      }
    }

    private void ask() {
      Node asked = nodes.get(random.nextInt(nodes.size()));
      if (asked.side == side) {
        deliver(asked, exchange.hello());
        asked.deliver(this, asked.exchange.known());
      }
    }

    /** Joins, as a relay does at its start. */
    private void open() {
      publish(exchange.hello());
      nodes.stream().filter(node -> node != this).limit(3).forEach(node -> ask());
      askAgain();
    }

    private void askAgain() {
      after(
          ASK_INTERVAL_MS,
          () -> {
            if (nodes.contains(this)) {
              ask();
              askAgain();
            }
          });
    }

    @Override
    public void add(SharedLimit limit) {
      exchange.add(limit);
    }

    @Override
    public void remove(SharedLimit limit) {
      exchange.remove(limit);
    }

    /** Returns the number of nodes that this one shares limits with, itself included. */
    public int shares() {
      return exchange.nodes();
    }
  }

  /** Returns a new node, which joins as soon as the clock is moved. */
  public Node join() {
    Node node = new Node();
    nodes.add(node);
    after(0, node::open);
    return node;
  }

  /** Ends a node without notice. */
  public void kill(Node node) {
    node.side = -1 - nodes.size();
    after(
        DROPPED_AFTER_MS,
        () -> {
          nodes.remove(node);
        });
  }

  /** Ends a node that says so. */
  public void leave(Node node) {
    node.publish(node.exchange.goodbye());
    after(10, () -> nodes.remove(node));
  }

  /** Loses a part of all messages from now on. */
  public void lose(double share) {
    loss = share;
  }

  /** Delays each message by so many milliseconds from now on. */
  public void delay(int ms) {
    latency = ms;
  }

  /** Cuts nodes off from the others. */
  public void split(Node... cutOff) {
    setSide(1, cutOff);
  }

  /** Connects nodes that were cut off. */
  public void heal(Node... cutOff) {
    setSide(0, cutOff);
  }

  private void setSide(int side, Node... cutOff) {
    for (Node node : cutOff) {
      node.side = side;
      after(DROPPED_AFTER_MS, () -> node.knownSide = side);
    }
  }

  /** Returns the time of the simulation in milliseconds. */
  public long now() {
    return now;
  }

  /** Does something later. */
  public void after(long ms, Runnable action) {
    deliveries.add(new Delivery(now + ms, numbers++, action));
  }

  /**
   * Moves the clock.
   *
   * @param each called after each millisecond
   */
  public void run(long ms, Runnable each) {
    for (long end = now + ms; now < end; ) {
      now++;
      while (!deliveries.isEmpty() && deliveries.peek().at <= now) {
        deliveries.remove().action.run();
      }
      for (Node node : List.copyOf(nodes)) {
        if ((now + node.phase) % LimitExchange.TICK_MS == 0) {
          node.exchange.tick();
        }
      }
      each.run();
    }
  }
}
