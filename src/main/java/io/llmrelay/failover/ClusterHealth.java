package io.llmrelay.failover;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.spi.cluster.ClusterManager;
import io.vertx.core.spi.cluster.NodeInfo;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * The health of all nodes of a cluster. Each node replies at an address of its own; a node that
 * does not reply in time is reported as such, so that the whole takes no longer than {@link
 * #TIMEOUT}.
 */
final class ClusterHealth {
  /** How long a node may take to reply. */
  static final Duration TIMEOUT = Duration.ofSeconds(1);

  private final Vertx vertx;
  private final String prefix;
  private final ClusterManager cluster;

  /**
   * @param prefix the prefix of the addresses of the nodes
   */
  ClusterHealth(Vertx vertx, String prefix) {
    this.vertx = vertx;
    this.prefix = prefix;
    cluster = ((VertxInternal) vertx).clusterManager();
  }

  /** Registers the handler that replies with the health of this node. */
  MessageConsumer<Object> serve(Handler<Message<Object>> handler) {
    return vertx.eventBus().consumer(address(cluster.getNodeId()), handler);
  }

  private String address(String node) {
    return prefix + "." + node;
  }

  /** Adds the id of this node and the number of nodes to a report. */
  void identify(JsonObject report) {
    report.put("node", cluster.getNodeId()).put("nodes", cluster.getNodes().size());
  }

  /** Returns the reports of all nodes in the order of their ids. Does not fail. */
  Future<JsonArray> gather() {
    return Future.join(cluster.getNodes().stream().sorted().map(this::ask).toList())
        .map(all -> new JsonArray(all.list()));
  }

  private Future<JsonObject> ask(String node) {
    Future<JsonObject> reply =
        vertx
            .eventBus()
            .<JsonObject>request(
                address(node),
                new JsonObject(),
                new DeliveryOptions().setSendTimeout(TIMEOUT.toMillis()))
            .map(Message::body)
            .otherwise(ClusterHealth::unknown);
    Future<JsonObject> located = info(node);
    return Future.join(reply, located)
        .map(
            both -> {
              JsonObject report = new JsonObject().put("node", node).mergeIn(located.result());
              report.mergeIn(reply.result()).remove("nodes");
              return report;
            });
  }

  /** Returns where a node is; empty if the cluster manager does not know it. Does not fail. */
  private Future<JsonObject> info(String node) {
    Promise<NodeInfo> info = Promise.promise();
    cluster.getNodeInfo(node, info);
    return info.future()
        .timeout(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
        .map(found -> new JsonObject().put("address", found.host() + ":" + found.port()))
        .otherwise(new JsonObject());
  }

  private static JsonObject unknown(Throwable error) {
    boolean absent =
        error instanceof ReplyException e && e.failureType() == ReplyFailure.NO_HANDLERS;
    return new JsonObject()
        .put("status", absent ? "no_relay" : "unknown")
        .put(
            "reason",
            absent
                ? "the node has no relay"
                : "the node did not answer within " + TIMEOUT.toMillis() + " ms");
  }
}
