package io.llmrelay.config;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * One key that opens the gateway, and what may be done with it. Only the key's SHA-256 is kept: it
 * needs no salt, because keys are random and long.
 */
public class GatewayKeyOptions {
  /** Shortest key that is taken in plain, in characters. */
  public static final int MIN_KEY_LENGTH = 20;

  /** The fields of a request's {@code relay} that a key may, or may not, override. */
  public static final List<String> OVERRIDES =
      List.of("timeouts", "retries", "candidates", "commit", "prefer");

  public static final boolean DEFAULT_HEARTBEAT = true;

  private String sha256;
  private Integer requestsPerMinute;
  private Integer burst;
  private Integer maxConcurrent;
  private List<String> mayOverride;
  private boolean heartbeat = DEFAULT_HEARTBEAT;

  /** What is wrong with how the key was given, {@code null} if nothing. */
  @JsonIgnore private String problem;

  @JsonIgnore private boolean given;

  public GatewayKeyOptions() {}

  public GatewayKeyOptions(GatewayKeyOptions other) {
    sha256 = other.sha256;
    requestsPerMinute = other.requestsPerMinute;
    burst = other.burst;
    maxConcurrent = other.maxConcurrent;
    mayOverride = other.mayOverride;
    heartbeat = other.heartbeat;
    problem = other.problem;
    given = other.given;
  }

  /** The SHA-256 of a text's UTF-8, in lower-case hex. */
  public static String sha256(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** The SHA-256 of the key, 64 hex digits. */
  public String getSha256() {
    return sha256;
  }

  public GatewayKeyOptions setSha256(String sha256) {
    once();
    this.sha256 = sha256;
    return this;
  }

  /** The key itself: it is hashed at once, and not kept. */
  public GatewayKeyOptions setKey(String key) {
    once();
    if (!key.matches("[\\x21-\\x7e]{" + MIN_KEY_LENGTH + ",}")) {
      problem = "must have at least %d visible ASCII characters".formatted(MIN_KEY_LENGTH);
    }
    sha256 = sha256(key);
    return this;
  }

  private void once() {
    if (given) {
      problem = "and sha256 are both given; give one of the two";
    }
    given = true;
  }

  /** Requests a minute, refused ones not counted; {@code null}, the default, for any number. */
  public Integer getRequestsPerMinute() {
    return requestsPerMinute;
  }

  public GatewayKeyOptions setRequestsPerMinute(Integer requestsPerMinute) {
    this.requestsPerMinute = requestsPerMinute;
    return this;
  }

  /**
   * How many of {@link #getRequestsPerMinute} may come at once; {@code null}, the default, for all
   * of them.
   */
  public Integer getBurst() {
    return burst;
  }

  public GatewayKeyOptions setBurst(Integer burst) {
    this.burst = burst;
    return this;
  }

  /** Requests at a time; {@code null}, the default, for any number. */
  public Integer getMaxConcurrent() {
    return maxConcurrent;
  }

  public GatewayKeyOptions setMaxConcurrent(Integer maxConcurrent) {
    this.maxConcurrent = maxConcurrent;
    return this;
  }

  /**
   * Which fields of a request's {@code relay} are heeded: some of {@link #OVERRIDES}; {@code null},
   * the default, for all. Another one is ignored, and named in a warning.
   */
  public List<String> getMayOverride() {
    return mayOverride;
  }

  public GatewayKeyOptions setMayOverride(List<String> mayOverride) {
    this.mayOverride = mayOverride == null ? null : List.copyOf(mayOverride);
    return this;
  }

  /** Whether its streams have comments as heartbeats; some old clients fail at them. */
  public boolean isHeartbeat() {
    return heartbeat;
  }

  public GatewayKeyOptions setHeartbeat(boolean heartbeat) {
    this.heartbeat = heartbeat;
    return this;
  }

  /** What is wrong with how the key was given, {@code null} if nothing. */
  public String keyProblem() {
    return problem;
  }

  /** With the hash hidden. */
  @Override
  public String toString() {
    return "GatewayKeyOptions" + masked().toJsonText();
  }

  /** These options with the hash hidden. */
  GatewayKeyOptions masked() {
    GatewayKeyOptions masked = new GatewayKeyOptions(this);
    masked.sha256 = sha256 == null ? null : "***";
    return masked;
  }

  private String toJsonText() {
    return ConfigReader.toJson(this).encode();
  }
}
