package io.llmrelay.config;

import io.vertx.core.json.JsonObject;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The cluster that the runnable jar forms or joins. An embedded relay takes part in the cluster of
 * its application's Vert.x instead, and must not have these options.
 *
 * <p>Nodes are found by exactly one of {@code members}, {@code dns} and {@code multicast}; without
 * any of them, on this machine.
 */
public class ClusterOptions {
  /** The default of {@link #getName}. */
  public static final String DEFAULT_NAME = "llm-relay";

  /** The default of {@link #getHost}. */
  public static final String DEFAULT_HOST = "127.0.0.1";

  /** The default of {@link #getPort}. */
  public static final int DEFAULT_PORT = 5701;

  /** The default of {@link #isMulticast}. */
  public static final boolean DEFAULT_MULTICAST = false;

  /** The default of {@link #isAllowPlaintext}. */
  public static final boolean DEFAULT_ALLOW_PLAINTEXT = false;

  /** The default of {@link #getHeartbeatTimeout}. */
  public static final Duration DEFAULT_HEARTBEAT_TIMEOUT = Duration.ofSeconds(5);

  private String name = DEFAULT_NAME;
  private String node;
  private List<String> members = new ArrayList<>();
  private String dns;
  private boolean multicast = DEFAULT_MULTICAST;
  private String host = DEFAULT_HOST;
  private int port = DEFAULT_PORT;
  private Integer busPort;
  private String secret;
  private ClusterTlsOptions tls;
  private boolean allowPlaintext = DEFAULT_ALLOW_PLAINTEXT;
  private Duration heartbeatTimeout = DEFAULT_HEARTBEAT_TIMEOUT;

  /** Creates options with the defaults. */
  public ClusterOptions() {}

  /** Creates a copy of other options. */
  public ClusterOptions(ClusterOptions other) {
    name = other.name;
    node = other.node;
    members = new ArrayList<>(other.members);
    dns = other.dns;
    multicast = other.multicast;
    host = other.host;
    port = other.port;
    busPort = other.busPort;
    secret = other.secret;
    tls = other.tls == null ? null : new ClusterTlsOptions(other.tls);
    allowPlaintext = other.allowPlaintext;
    heartbeatTimeout = other.heartbeatTimeout;
  }

  /**
   * Creates options from JSON as {@link #toJson} writes it.
   *
   * @throws ConfigException if a key is unknown or a value has the wrong form
   */
  public ClusterOptions(JsonObject json) {
    this(ConfigReader.read(json, ClusterOptions.class));
  }

  /** Returns these options as JSON, secret included: not for logs. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /** Returns the name of the cluster; nodes of another name are refused. */
  public String getName() {
    return name;
  }

  /** Sets the name of the cluster. */
  public ClusterOptions setName(String name) {
    this.name = name;
    return this;
  }

  /**
   * Returns the name of this node, to which {@link BackendOptions#getNode} refers; {@code null},
   * the default, for none. Several nodes may have the same name.
   */
  public String getNode() {
    return node;
  }

  /** Sets the name of this node, to which {@link BackendOptions#getNode} refers. */
  public ClusterOptions setNode(String node) {
    this.node = node;
    return this;
  }

  /**
   * Returns the addresses of nodes: {@code host} or {@code host:port}. Some suffice, those of nodes
   * that are running; a node's own may be among them.
   */
  public List<String> getMembers() {
    return members;
  }

  /** Sets the addresses of nodes: {@code host} or {@code host:port}. */
  public ClusterOptions setMembers(List<String> members) {
    this.members = new ArrayList<>(members);
    return this;
  }

  /**
   * Returns a DNS name that resolves to the addresses of all nodes, such as that of a headless
   * service of Kubernetes; {@code null}, the default, for none.
   */
  public String getDns() {
    return dns;
  }

  /**
   * Sets a DNS name that resolves to the addresses of all nodes, such as that of a headless service
   * of Kubernetes.
   */
  public ClusterOptions setDns(String dns) {
    this.dns = dns;
    return this;
  }

  /** Returns whether nodes are found by UDP multicast in the local network. */
  public boolean isMulticast() {
    return multicast;
  }

  /** Sets whether nodes are found by UDP multicast in the local network. */
  public ClusterOptions setMulticast(boolean multicast) {
    this.multicast = multicast;
    return this;
  }

  /** Returns the address to listen at, at which the other nodes reach this one. */
  public String getHost() {
    return host;
  }

  /** Sets the address to listen at, at which the other nodes reach this one. */
  public ClusterOptions setHost(String host) {
    this.host = host;
    return this;
  }

  /**
   * Returns the port of the cluster manager. On a loopback address the next free one of the ten
   * from here on is used.
   */
  public int getPort() {
    return port;
  }

  /** Sets the port of the cluster manager. */
  public ClusterOptions setPort(int port) {
    this.port = port;
    return this;
  }

  /** Returns the port of the event bus; {@code null}, the default, for any free one. */
  public Integer getBusPort() {
    return busPort;
  }

  /** Sets the port of the event bus. */
  public ClusterOptions setBusPort(Integer busPort) {
    this.busPort = busPort;
    return this;
  }

  /**
   * Returns the secret that all nodes share; one with another secret is refused. {@code null} for
   * none, on a loopback address only.
   */
  public String getSecret() {
    return secret;
  }

  /** Sets the secret that all nodes share. */
  public ClusterOptions setSecret(String secret) {
    this.secret = secret;
    return this;
  }

  /** Returns the TLS files of the event bus; {@code null}, the default, for plain TCP. */
  public ClusterTlsOptions getTls() {
    return tls;
  }

  /** Sets the TLS files of the event bus. */
  public ClusterOptions setTls(ClusterTlsOptions tls) {
    this.tls = tls;
    return this;
  }

  /** Returns whether prompts and answers may cross the network unencrypted. */
  public boolean isAllowPlaintext() {
    return allowPlaintext;
  }

  /** Sets whether prompts and answers may cross the network unencrypted. */
  public ClusterOptions setAllowPlaintext(boolean allowPlaintext) {
    this.allowPlaintext = allowPlaintext;
    return this;
  }

  /**
   * Returns how long a node may be silent before the others drop it from the cluster; must exceed
   * the longest pause of a node, such as a GC pause. A killed node is dropped earlier, because its
   * connections close.
   */
  public Duration getHeartbeatTimeout() {
    return heartbeatTimeout;
  }

  /** Sets how long a node may be silent before the others drop it from the cluster. */
  public ClusterOptions setHeartbeatTimeout(Duration heartbeatTimeout) {
    this.heartbeatTimeout = heartbeatTimeout;
    return this;
  }

  /** Returns whether only this machine can reach the node. */
  public boolean isLocal() {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  void resolvePaths(Path folder) {
    if (tls != null) {
      tls.resolvePaths(folder);
    }
  }

  /** Returns a copy with the secret masked. */
  ClusterOptions masked() {
    return new ClusterOptions(this).setSecret(secret == null ? null : "***");
  }

  /** Returns these options as JSON with the secret masked. */
  @Override
  public String toString() {
    return "ClusterOptions" + ConfigReader.toJson(masked()).encode();
  }
}
