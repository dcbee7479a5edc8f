package io.llmrelay.bus;

import com.hazelcast.config.Config;
import com.hazelcast.config.JoinConfig;
import io.vertx.core.Vertx;
import io.vertx.core.VertxBuilder;
import io.vertx.core.VertxOptions;
import io.vertx.spi.cluster.hazelcast.ConfigUtil;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;

/** Nodes of a cluster that keeps to this machine. */
public final class Cluster {
  private Cluster() {}

  /** A node of the cluster with that name. */
  public static Vertx node(String cluster) {
    return node(cluster, Vertx.builder(), new VertxOptions());
  }

  /**
   * A node of the cluster with that name.
   *
   * @param builder what it is built with otherwise
   */
  public static Vertx node(String cluster, VertxBuilder builder, VertxOptions options) {
    Config config = ConfigUtil.loadConfig();
    config.setClusterName(cluster);
    config.getNetworkConfig().setPublicAddress("127.0.0.1");
    config.getNetworkConfig().getInterfaces().setEnabled(true).addInterface("127.0.0.1");
    config.setProperty("hazelcast.wait.seconds.before.join", "0");
    // Other programs may have the first ports.
    config.setProperty("hazelcast.tcp.join.port.try.count", "50");
    JoinConfig join = config.getNetworkConfig().getJoin();
    join.getMulticastConfig().setEnabled(false);
    join.getAutoDetectionConfig().setEnabled(false);
    join.getTcpIpConfig().setEnabled(true).addMember("127.0.0.1");
    options.getEventBusOptions().setHost("127.0.0.1");
    return BusBench.get(
        builder
            .with(options)
            .withClusterManager(new HazelcastClusterManager(config))
            .buildClustered());
  }
}
