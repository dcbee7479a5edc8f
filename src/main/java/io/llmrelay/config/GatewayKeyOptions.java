package io.llmrelay.config;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.llmrelay.chat.Priority;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * A key for callers of the gateway, with its limits and permissions. Only the key's SHA-256 is
 * stored, without a salt, because keys are long and random.
 */
public class GatewayKeyOptions {
  /** The minimum length of a key that is given in plain text, in characters. */
  public static final int MIN_KEY_LENGTH = 20;

  /** The fields of a request's {@code relay} object that a key can be permitted to override. */
  public static final List<String> OVERRIDES =
      List.of("timeouts", "retries", "candidates", "commit", "prefer", "hedge", "resume");

  /** The default of {@link #isHeartbeat}. */
  public static final boolean DEFAULT_HEARTBEAT = true;

  /** The default of {@link #getWeight}. */
  public static final int DEFAULT_WEIGHT = 1;

  /** The highest {@link #getWeight}. */
  public static final int MAX_WEIGHT = 1_000;

  private String sha256;
  private Integer requestsPerMinute;
  private Integer burst;
  private Integer maxConcurrent;
  private BudgetOptions budget;
  private List<String> mayOverride;
  private boolean heartbeat = DEFAULT_HEARTBEAT;
  private int weight = DEFAULT_WEIGHT;
  private Priority priority = Priority.NORMAL;

  /** The problem with how the key was given; {@code null} if there is none. */
  @JsonIgnore private String problem;

  @JsonIgnore private boolean given;

  /** Creates options with the defaults. */
  public GatewayKeyOptions() {}

  /** Creates a copy of other options. */
  public GatewayKeyOptions(GatewayKeyOptions other) {
    sha256 = other.sha256;
    requestsPerMinute = other.requestsPerMinute;
    burst = other.burst;
    maxConcurrent = other.maxConcurrent;
    budget = other.budget == null ? null : new BudgetOptions(other.budget);
    mayOverride = other.mayOverride;
    heartbeat = other.heartbeat;
    weight = other.weight;
    priority = other.priority;
    problem = other.problem;
    given = other.given;
  }

  /**
   * Creates options from JSON as {@link #toJson} writes it.
   *
   * @throws ConfigException if a key is unknown or a value has the wrong form
   */
  public GatewayKeyOptions(JsonObject json) {
    this(ConfigReader.read(json, GatewayKeyOptions.class));
  }

  /** Returns these options as JSON, the key's hash included. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /** Returns the SHA-256 of a text in UTF-8, in lower-case hex. */
  public static String sha256(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** Returns the SHA-256 of the key, 64 hex digits. */
  public String getSha256() {
    return sha256;
  }

  /** Sets the SHA-256 of the key, 64 hex digits. */
  public GatewayKeyOptions setSha256(String sha256) {
    checkGivenOnce();
    this.sha256 = sha256;
    return this;
  }

  /** Sets the key in plain text; only its hash is stored. */
  public GatewayKeyOptions setKey(String key) {
    checkGivenOnce();
    if (!key.matches("[\\x21-\\x7e]{" + MIN_KEY_LENGTH + ",}")) {
      problem = "must have at least %d visible ASCII characters".formatted(MIN_KEY_LENGTH);
    }
    sha256 = sha256(key);
    return this;
  }

  private void checkGivenOnce() {
    if (given) {
      problem = "and sha256 are both given; give one of the two";
    }
    given = true;
  }

  /** Returns requests per minute, refused ones not counted; {@code null}, the default: no limit. */
  public Integer getRequestsPerMinute() {
    return requestsPerMinute;
  }

  /** Sets requests per minute, refused ones not counted. */
  public GatewayKeyOptions setRequestsPerMinute(Integer requestsPerMinute) {
    this.requestsPerMinute = requestsPerMinute;
    return this;
  }

  /**
   * Returns how many of {@link #getRequestsPerMinute} may be sent at once; {@code null}, the
   * default, for all of them.
   */
  public Integer getBurst() {
    return burst;
  }

  /** Sets how many of {@link #getRequestsPerMinute} may be sent at once. */
  public GatewayKeyOptions setBurst(Integer burst) {
    this.burst = burst;
    return this;
  }

  /** Returns the most concurrent requests; {@code null}, the default: no limit. */
  public Integer getMaxConcurrent() {
    return maxConcurrent;
  }

  /** Sets the most concurrent requests. */
  public GatewayKeyOptions setMaxConcurrent(Integer maxConcurrent) {
    this.maxConcurrent = maxConcurrent;
    return this;
  }

  /**
   * Returns what the key's requests may use, all their attempts together; {@code null}, the
   * default, for no limit.
   */
  public BudgetOptions getBudget() {
    return budget;
  }

  /** Sets what the key's requests may use, all their attempts together. */
  public GatewayKeyOptions setBudget(BudgetOptions budget) {
    this.budget = budget;
    return this;
  }

  /**
   * Returns the fields of a request's {@code relay} object that apply, of {@link #OVERRIDES};
   * {@code null}, the default, for all. Any other is ignored, and named in a warning.
   */
  public List<String> getMayOverride() {
    return mayOverride;
  }

  /** Sets the fields of a request's {@code relay} object that apply, of {@link #OVERRIDES}. */
  public GatewayKeyOptions setMayOverride(List<String> mayOverride) {
    this.mayOverride = mayOverride == null ? null : List.copyOf(mayOverride);
    return this;
  }

  /** Returns whether streams contain comments as heartbeats, at which some old clients fail. */
  public boolean isHeartbeat() {
    return heartbeat;
  }

  /** Sets whether streams contain comments as heartbeats, at which some old clients fail. */
  public GatewayKeyOptions setHeartbeat(boolean heartbeat) {
    this.heartbeat = heartbeat;
    return this;
  }

  /** Returns the problem with how the key was given; {@code null} if there is none. */
  public String keyProblem() {
    return problem;
  }

  /** Returns these options as JSON with the hash masked. */
  @Override
  public String toString() {
    return "GatewayKeyOptions" + masked().toJsonText();
  }

  /** Returns a copy with the hash masked. */
  GatewayKeyOptions masked() {
    GatewayKeyOptions masked = new GatewayKeyOptions(this);
    masked.sha256 = sha256 == null ? null : "***";
    return masked;
  }

  private String toJsonText() {
    return ConfigReader.toJson(this).encode();
  }

  /**
   * Returns the key's share, 1 to {@value #MAX_WEIGHT}, of the slots for which requests of several
   * keys wait.
   */
  public int getWeight() {
    return weight;
  }

  /**
   * Sets the key's share, 1 to {@value #MAX_WEIGHT}, of the slots for which requests of several
   * keys wait.
   */
  public GatewayKeyOptions setWeight(int weight) {
    this.weight = weight;
    return this;
  }

  /**
   * Returns the priority of the key's requests; one may set a lower one in its {@code relay}
   * object.
   */
  public Priority getPriority() {
    return priority;
  }

  /** Sets the priority of the key's requests. */
  public GatewayKeyOptions setPriority(Priority priority) {
    this.priority = priority;
    return this;
  }
}
