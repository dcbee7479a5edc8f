package io.llmrelay.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.regex.Pattern;

/** Checks the options of a cluster. */
final class ClusterCheck {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,64}");

  /** A host or an address, IPv6 in brackets, and perhaps a port. */
  private static final Pattern MEMBER =
      Pattern.compile("([A-Za-z0-9._-]{1,253}|\\[[0-9A-Fa-f:.]+\\])(:\\d{1,5})?");

  private static final Pattern DNS = Pattern.compile("[A-Za-z0-9._-]{1,253}");
  private static final int MIN_SECRET = 20;
  private static final Duration MAX_HEARTBEAT_TIMEOUT = Duration.ofMinutes(10);

  private final OptionsCheck values;
  private final Problems problems;

  ClusterCheck(OptionsCheck values, Problems problems) {
    this.values = values;
    this.problems = problems;
  }

  void check(ClusterOptions cluster) {
    name("cluster.name", cluster.getName(), problems);
    if (cluster.getNode() != null) {
      name("cluster.node", cluster.getNode(), problems);
    }
    discovery(cluster);
    host(cluster);
    values.range("cluster.port", cluster.getPort(), 1, 65_535);
    if (cluster.getBusPort() != null) {
      values.range("cluster.bus-port", cluster.getBusPort(), 1, 65_535);
      if (cluster.getBusPort() == cluster.getPort()) {
        problems.add("cluster.bus-port", "must be another one than cluster.port");
      }
    }
    Duration timeout = cluster.getHeartbeatTimeout();
    if (timeout.compareTo(Duration.ofSeconds(2)) < 0
        || timeout.compareTo(MAX_HEARTBEAT_TIMEOUT) > 0
        || timeout.toMillis() % 1_000 != 0) {
      problems.add("cluster.heartbeat-timeout", "must be whole seconds, from 2s to 10m");
    }
    if (cluster.getTls() != null) {
      TlsFiles.check("cluster.tls", cluster.getTls(), problems);
    }
    secrecy(cluster);
  }

  static void name(String path, String value, Problems problems) {
    if (!NAME.matcher(value).matches()) {
      problems.add(path, "must consist of letters, digits, dots, - and _, at most 64 of them");
    }
  }

  private void discovery(ClusterOptions cluster) {
    for (int i = 0; i < cluster.getMembers().size(); i++) {
      if (!MEMBER.matcher(cluster.getMembers().get(i)).matches()) {
        problems.add("cluster.members[" + i + "]", "must be a host or host:port");
      }
    }
    if (cluster.getDns() != null && !DNS.matcher(cluster.getDns()).matches()) {
      problems.add("cluster.dns", "must be a DNS name, without a port");
    }
    int ways =
        (cluster.getMembers().isEmpty() ? 0 : 1)
            + (cluster.getDns() == null ? 0 : 1)
            + (cluster.isMulticast() ? 1 : 0);
    if (ways > 1) {
      problems.add("cluster", "finds its nodes by one of members, dns and multicast, not several");
    } else if (ways == 0 && !cluster.isLocal()) {
      problems.add("cluster", "needs members, dns or multicast: where the other nodes are");
    }
  }

  private void host(ClusterOptions cluster) {
    try {
      if (InetAddress.getByName(cluster.getHost()).isAnyLocalAddress()) {
        problems.add(
            "cluster.host", "must be one address, at which the other nodes reach this one");
      }
    } catch (UnknownHostException e) {
      problems.add("cluster.host", "must be an address of this machine");
    }
  }

  /** Requires a secret and TLS, or explicit permission, where other machines can reach the node. */
  private void secrecy(ClusterOptions cluster) {
    String secret = cluster.getSecret();
    if (secret != null && secret.length() < MIN_SECRET) {
      problems.add("cluster.secret", "must have at least " + MIN_SECRET + " characters");
    }
    if (cluster.isLocal()) {
      return;
    }
    if (secret == null) {
      problems.add(
          "cluster.secret",
          "is missing: other machines can reach cluster.host, and without it anyone could join");
    }
    if (cluster.getTls() == null && !cluster.isAllowPlaintext()) {
      problems.add(
          "cluster.tls",
          "is missing: prompts and answers would cross the network unencrypted, and anyone could"
              + " send requests; in a network of your own say cluster.allow-plaintext: true");
    }
  }
}
