package io.llmrelay.config;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.vertx.core.json.JsonObject;

/**
 * The address of the operators' endpoints: metrics, detailed health, reload, the status page and
 * its actions. Every client that can reach this address can read them. Actions on backends and the
 * playground need the key or, without one, a loopback address; reloading needs the key if there is
 * one.
 */
public class AdminOptions {
  /** The default of {@link #getHost}. */
  public static final String DEFAULT_HOST = "127.0.0.1";

  /** The default of {@link #getPort}. */
  public static final int DEFAULT_PORT = 8081;

  private String host = DEFAULT_HOST;
  private int port = DEFAULT_PORT;
  private String sha256;

  /** The problem with how the key was given; {@code null} if there is none. */
  @JsonIgnore private String problem;

  @JsonIgnore private boolean given;

  /** Creates options with the defaults. */
  public AdminOptions() {}

  /** Creates a copy of other options. */
  public AdminOptions(AdminOptions other) {
    host = other.host;
    port = other.port;
    sha256 = other.sha256;
    problem = other.problem;
    given = other.given;
  }

  /**
   * Creates options from JSON as {@link #toJson} writes it.
   *
   * @throws ConfigException if a key is unknown or a value has the wrong form
   */
  public AdminOptions(JsonObject json) {
    this(ConfigReader.read(json, AdminOptions.class));
  }

  /** Returns these options as JSON, the key's hash included. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /** Returns the address to listen on. */
  public String getHost() {
    return host;
  }

  /** Sets the address to listen on. */
  public AdminOptions setHost(String host) {
    this.host = host;
    return this;
  }

  /** Returns the port to listen on; 0 for any free port. */
  public int getPort() {
    return port;
  }

  /** Sets the port to listen on. */
  public AdminOptions setPort(int port) {
    this.port = port;
    return this;
  }

  /** Returns the SHA-256 of the operators' key, 64 hex digits; {@code null}, the default: none. */
  public String getSha256() {
    return sha256;
  }

  /** Sets the SHA-256 of the operators' key, 64 hex digits. */
  public AdminOptions setSha256(String sha256) {
    checkGivenOnce();
    this.sha256 = sha256;
    return this;
  }

  /** Sets the operators' key in plain text; only its hash is stored. */
  public AdminOptions setKey(String key) {
    checkGivenOnce();
    if (!key.matches("[\\x21-\\x7e]{" + GatewayKeyOptions.MIN_KEY_LENGTH + ",}")) {
      problem =
          "must have at least %d visible ASCII characters"
              .formatted(GatewayKeyOptions.MIN_KEY_LENGTH);
    }
    sha256 = GatewayKeyOptions.sha256(key);
    return this;
  }

  private void checkGivenOnce() {
    if (given) {
      problem = "and sha256 are both given; give one of the two";
    }
    given = true;
  }

  /** Returns the problem with how the key was given; {@code null} if there is none. */
  public String keyProblem() {
    return problem;
  }

  /** Returns whether the host is {@code localhost} or a loopback address. */
  @JsonIgnore
  public boolean isLocal() {
    return LocalHost.is(host);
  }

  /** Returns a copy with the hash masked. */
  AdminOptions masked() {
    AdminOptions masked = new AdminOptions(this);
    masked.sha256 = sha256 == null ? null : "***";
    return masked;
  }
}
