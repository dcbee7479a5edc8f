package io.llmrelay.cli;

import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.cluster.MembershipListener;
import com.hazelcast.config.Config;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.ListenerConfig;
import com.hazelcast.config.NetworkConfig;
import io.llmrelay.config.ClusterOptions;
import io.llmrelay.config.ClusterTlsOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxBuilder;
import io.vertx.core.VertxOptions;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.spi.cluster.hazelcast.ConfigUtil;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A Vert.x that is a node of a cluster, with Hazelcast as the cluster manager. This class is the
 * only one that refers to Hazelcast, so that none of it is loaded without a cluster.
 *
 * <p>Hazelcast distributes the list of members and the registrations of addresses. It accepts
 * members by the name of the cluster, which is therefore derived from the secret. Requests and
 * answers are sent over the event bus, which has its own port and, optionally, TLS.
 */
final class ClusterNode {
  private static final Logger LOG = System.getLogger(ClusterNode.class.getName());

  /** How many ports are tried on a loopback address. */
  private static final int PORTS = 10;

  private ClusterNode() {}

  /**
   * Joins the cluster, or forms it if no other node is found.
   *
   * @param builder what the Vert.x is built with otherwise
   */
  static Future<Vertx> join(VertxBuilder builder, VertxOptions options, ClusterOptions cluster) {
    String host = address(cluster.getHost());
    eventBus(options.getEventBusOptions(), cluster, host);
    return builder
        .with(options)
        .withClusterManager(new HazelcastClusterManager(config(cluster, host)))
        .buildClustered();
  }

  private static String address(String host) {
    try {
      return InetAddress.getByName(host).getHostAddress();
    } catch (UnknownHostException e) {
      throw new CommandException("cluster.host %s is not an address".formatted(host));
    }
  }

  private static void eventBus(EventBusOptions bus, ClusterOptions cluster, String host) {
    bus.setHost(host).setPort(cluster.getBusPort() == null ? 0 : cluster.getBusPort());
    ClusterTlsOptions tls = cluster.getTls();
    if (tls != null) {
      bus.setSsl(true)
          .setClientAuth(ClientAuth.REQUIRED)
          .setKeyCertOptions(
              new PemKeyCertOptions().setCertPath(tls.getCertificate()).setKeyPath(tls.getKey()))
          .setTrustOptions(new PemTrustOptions().addCertPath(tls.getCa()));
    }
  }

  private static Config config(ClusterOptions cluster, String host) {
    Config config = ConfigUtil.loadConfig();
    config.setClusterName(name(cluster));
    config
        .setProperty("hazelcast.phone.home.enabled", "false")
        .setProperty("hazelcast.shutdownhook.enabled", "false")
        .setProperty("hazelcast.health.monitoring.level", "OFF")
        .setProperty("hazelcast.socket.bind.any", "false")
        // Every node must have the same number; fewer partitions make joining faster.
        .setProperty("hazelcast.partition.count", "71")
        .setProperty("hazelcast.wait.seconds.before.join", "0")
        .setProperty("hazelcast.max.wait.seconds.before.join", "2")
        .setProperty("hazelcast.tcp.join.port.try.count", Integer.toString(PORTS))
        .setProperty("hazelcast.heartbeat.interval.seconds", "1")
        .setProperty(
            "hazelcast.max.no.heartbeat.seconds",
            Long.toString(cluster.getHeartbeatTimeout().toSeconds()))
        // Parts of a cluster that was partitioned, and a node that was dropped after a pause, look
        // for the others this often.
        .setProperty("hazelcast.merge.first.run.delay.seconds", "5")
        .setProperty("hazelcast.merge.next.run.delay.seconds", "5");
    NetworkConfig network = config.getNetworkConfig();
    network.setPort(cluster.getPort()).setPortAutoIncrement(cluster.isLocal()).setPortCount(PORTS);
    network.setPublicAddress(null).getInterfaces().setEnabled(true).addInterface(host);
    join(network.getJoin(), cluster, host);
    config.addListenerConfig(new ListenerConfig(new MembershipLog()));
    return config;
  }

  private static void join(JoinConfig join, ClusterOptions cluster, String host) {
    join.getAutoDetectionConfig().setEnabled(false);
    join.getMulticastConfig().setEnabled(cluster.isMulticast());
    join.getTcpIpConfig().setEnabled(cluster.getDns() == null && !cluster.isMulticast());
    List<String> members = cluster.getMembers().isEmpty() ? List.of(host) : cluster.getMembers();
    members.forEach(join.getTcpIpConfig()::addMember);
    if (cluster.getDns() != null) {
      join.getKubernetesConfig()
          .setEnabled(true)
          .setProperty("service-dns", cluster.getDns())
          .setProperty("service-port", Integer.toString(cluster.getPort()));
    }
  }

  /** Logs which nodes come and go; Hazelcast's own log is about much else. */
  private static final class MembershipLog implements MembershipListener {
    @Override
    public void memberAdded(MembershipEvent event) {
      log(event, "joined");
    }

    @Override
    public void memberRemoved(MembershipEvent event) {
      log(event, "left");
    }

    private static void log(MembershipEvent event, String what) {
      LOG.log(
          Level.INFO,
          "node {0} {1} the cluster, which has {2} now",
          event.getMember().getSocketAddress(),
          what,
          event.getMembers().size());
    }
  }

  /** Returns the name by which nodes know each other; it does not reveal the secret. */
  private static String name(ClusterOptions cluster) {
    if (cluster.getSecret() == null) {
      return cluster.getName();
    }
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(cluster.getSecret().getBytes(StandardCharsets.UTF_8), "HMAC"));
      byte[] proof = mac.doFinal(cluster.getName().getBytes(StandardCharsets.UTF_8));
      return cluster.getName() + "-" + HexFormat.of().formatHex(proof);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // Every Java platform has it.
    }
  }
}
