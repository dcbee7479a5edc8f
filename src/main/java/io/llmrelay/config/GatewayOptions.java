package io.llmrelay.config;

import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The HTTP gateway. */
public class GatewayOptions {
  /** The default of {@link #getHost}. */
  public static final String DEFAULT_HOST = "127.0.0.1";

  /** The default of {@link #getPort}. */
  public static final int DEFAULT_PORT = 8080;

  /** The default of {@link #getMaxBody}. */
  public static final int DEFAULT_MAX_BODY = 4 * 1024 * 1024;

  /** The default of {@link #getMaxConnections}. */
  public static final int DEFAULT_MAX_CONNECTIONS = 20_000;

  /** The default of {@link #getIdleTimeout}. */
  public static final Duration DEFAULT_IDLE_TIMEOUT = Duration.ofSeconds(75);

  /** The default of {@link #getWriteIdleTimeout}. */
  public static final Duration DEFAULT_WRITE_IDLE_TIMEOUT = Duration.ofMinutes(2);

  /** The default of {@link #getHeartbeat}. */
  public static final Duration DEFAULT_HEARTBEAT = Duration.ofSeconds(15);

  /** The default of {@link #isAllowAnonymous}. */
  public static final boolean DEFAULT_ALLOW_ANONYMOUS = false;

  private String host = DEFAULT_HOST;
  private int port = DEFAULT_PORT;

  @JsonDeserialize(using = Binding.SizeReader.class)
  @JsonSerialize(using = Binding.SizeWriter.class)
  private int maxBody = DEFAULT_MAX_BODY;

  private int maxConnections = DEFAULT_MAX_CONNECTIONS;
  private Duration idleTimeout = DEFAULT_IDLE_TIMEOUT;
  private Duration writeIdleTimeout = DEFAULT_WRITE_IDLE_TIMEOUT;

  @JsonDeserialize(using = Binding.OptionalDurationReader.class)
  @JsonSerialize(using = Binding.OptionalDurationWriter.class)
  private Duration heartbeat = DEFAULT_HEARTBEAT;

  private List<String> hosts = new ArrayList<>();
  private Map<String, GatewayKeyOptions> keys = new LinkedHashMap<>();
  private boolean allowAnonymous = DEFAULT_ALLOW_ANONYMOUS;
  private TlsOptions tls;
  private AdminOptions admin;

  /** Creates options with the defaults. */
  public GatewayOptions() {}

  /** Creates a copy of other options. */
  public GatewayOptions(GatewayOptions other) {
    host = other.host;
    port = other.port;
    maxBody = other.maxBody;
    maxConnections = other.maxConnections;
    idleTimeout = other.idleTimeout;
    writeIdleTimeout = other.writeIdleTimeout;
    heartbeat = other.heartbeat;
    hosts = new ArrayList<>(other.hosts);
    other.keys.forEach((name, key) -> keys.put(name, new GatewayKeyOptions(key)));
    allowAnonymous = other.allowAnonymous;
    tls = other.tls == null ? null : new TlsOptions(other.tls);
    admin = other.admin == null ? null : new AdminOptions(other.admin);
  }

  /**
   * Creates options from JSON as {@link #toJson} writes it.
   *
   * @throws ConfigException if a key is unknown or a value has the wrong form
   */
  public GatewayOptions(JsonObject json) {
    this(ConfigReader.read(json, GatewayOptions.class));
  }

  /** Returns these options as JSON, hashes of keys included. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /** Returns the address to listen on; {@code 0.0.0.0} for every network interface. */
  public String getHost() {
    return host;
  }

  /** Sets the address to listen on. */
  public GatewayOptions setHost(String host) {
    this.host = host;
    return this;
  }

  /** Returns the port to listen on; 0 for any free port. */
  public int getPort() {
    return port;
  }

  /** Sets the port to listen on. */
  public GatewayOptions setPort(int port) {
    this.port = port;
    return this;
  }

  /** Returns the largest request body in bytes, a size in a file: {@code max-body: 4MB}. */
  public int getMaxBody() {
    return maxBody;
  }

  /** Sets the largest request body in bytes, a size in a file: {@code max-body: 4MB}. */
  public GatewayOptions setMaxBody(int maxBody) {
    this.maxBody = maxBody;
    return this;
  }

  /** Returns the maximum number of client connections; further ones are closed when accepted. */
  public int getMaxConnections() {
    return maxConnections;
  }

  /** Sets the maximum number of client connections. */
  public GatewayOptions setMaxConnections(int maxConnections) {
    this.maxConnections = maxConnections;
    return this;
  }

  /** Returns how long a connection may be without a request before it is closed. */
  public Duration getIdleTimeout() {
    return idleTimeout;
  }

  /** Sets how long a connection may be without a request before it is closed. */
  public GatewayOptions setIdleTimeout(Duration idleTimeout) {
    this.idleTimeout = idleTimeout;
    return this;
  }

  /** Returns how long a client may read nothing of a pending response before it is disconnected. */
  public Duration getWriteIdleTimeout() {
    return writeIdleTimeout;
  }

  /** Sets how long a client may read nothing of a pending response before it is disconnected. */
  public GatewayOptions setWriteIdleTimeout(Duration writeIdleTimeout) {
    this.writeIdleTimeout = writeIdleTimeout;
    return this;
  }

  /**
   * Returns how long a stream may be silent before its client is sent a comment, so that proxies do
   * not close the connection; zero to send none.
   */
  public Duration getHeartbeat() {
    return heartbeat;
  }

  /**
   * Sets how long a stream may be silent before its client is sent a comment, so that proxies do
   * not close the connection.
   */
  public GatewayOptions setHeartbeat(Duration heartbeat) {
    this.heartbeat = heartbeat;
    return this;
  }

  /**
   * Returns further host names of the gateway, beside the address it listens on, {@code localhost}
   * and loopback addresses. Where no key is required, requests for other hosts are refused.
   */
  public List<String> getHosts() {
    return hosts;
  }

  /**
   * Sets further host names of the gateway, beside the address it listens on, {@code localhost} and
   * loopback addresses.
   */
  public GatewayOptions setHosts(List<String> hosts) {
    this.hosts = new ArrayList<>(hosts);
    return this;
  }

  /**
   * Returns the keys of callers by name. Without any, every client that can reach the gateway may
   * use it, which is permitted on a loopback address only, or with {@link #isAllowAnonymous}.
   */
  public Map<String, GatewayKeyOptions> getKeys() {
    return keys;
  }

  /** Sets the keys of callers by name. */
  public GatewayOptions setKeys(Map<String, GatewayKeyOptions> keys) {
    this.keys = new LinkedHashMap<>(keys);
    return this;
  }

  /**
   * Adds a key.
   *
   * @param name letters, digits, {@code -} and {@code _}, at most 64
   */
  public GatewayOptions addKey(String name, GatewayKeyOptions key) {
    keys.put(name, key);
    return this;
  }

  /** Returns whether a gateway that other machines can reach may start without keys. */
  public boolean isAllowAnonymous() {
    return allowAnonymous;
  }

  /** Sets whether a gateway that other machines can reach may start without keys. */
  public GatewayOptions setAllowAnonymous(boolean allowAnonymous) {
    this.allowAnonymous = allowAnonymous;
    return this;
  }

  /** Returns the TLS files for HTTPS and HTTP/2; {@code null}, the default, for HTTP. */
  public TlsOptions getTls() {
    return tls;
  }

  /** Sets the TLS files for HTTPS and HTTP/2. */
  public GatewayOptions setTls(TlsOptions tls) {
    this.tls = tls;
    return this;
  }

  /**
   * Returns the address for metrics, detailed health and reload. With {@code null}, the default,
   * these are served beside the API on a loopback address without keys, and otherwise not at all.
   */
  public AdminOptions getAdmin() {
    return admin;
  }

  /** Sets the address for metrics, detailed health and reload. */
  public GatewayOptions setAdmin(AdminOptions admin) {
    this.admin = admin;
    return this;
  }

  /** Returns whether the host is {@code localhost} or a loopback address. */
  public boolean isLocal() {
    return LocalHost.is(host);
  }

  /** Resolves relative paths against a folder. */
  public void resolvePaths(Path folder) {
    if (tls != null) {
      tls.setCertificate(TlsFiles.resolved(folder, tls.getCertificate()));
      tls.setKey(TlsFiles.resolved(folder, tls.getKey()));
    }
  }

  /** Returns a copy with the keys' hashes masked. */
  public GatewayOptions masked() {
    GatewayOptions masked = new GatewayOptions(this);
    masked.keys.replaceAll((name, key) -> key.masked());
    masked.admin = admin == null ? null : admin.masked();
    return masked;
  }

  /** Returns these options as JSON with the keys' hashes masked. */
  @Override
  public String toString() {
    return "GatewayOptions" + ConfigReader.toJson(masked()).encode();
  }
}
