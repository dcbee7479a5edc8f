package io.llmrelay.config;

import io.vertx.core.json.JsonObject;
import java.time.Duration;

/** The relay's addresses on the event bus, and flow control and liveness of its streams. */
public class BusOptions {
  /** The default of {@link #getPrefix}. */
  public static final String DEFAULT_PREFIX = "llm";

  /** The default of {@link #getWindow}. */
  public static final int DEFAULT_WINDOW = 32;

  /** The default of {@link #getPingInterval}. */
  public static final Duration DEFAULT_PING_INTERVAL = Duration.ofMillis(250);

  /** The default of {@link #getPingTimeout}. */
  public static final Duration DEFAULT_PING_TIMEOUT = Duration.ofSeconds(5);

  /** The default of {@link #getOpenTimeout}. */
  public static final Duration DEFAULT_OPEN_TIMEOUT = Duration.ofMillis(300);

  private String prefix = DEFAULT_PREFIX;
  private int window = DEFAULT_WINDOW;
  private Duration pingInterval = DEFAULT_PING_INTERVAL;
  private Duration pingTimeout = DEFAULT_PING_TIMEOUT;
  private Duration openTimeout = DEFAULT_OPEN_TIMEOUT;

  /** Creates options with the defaults. */
  public BusOptions() {}

  /** Creates a copy of other options. */
  public BusOptions(BusOptions other) {
    prefix = other.prefix;
    window = other.window;
    pingInterval = other.pingInterval;
    pingTimeout = other.pingTimeout;
    openTimeout = other.openTimeout;
  }

  /**
   * Creates options from JSON as {@link #toJson} writes it.
   *
   * @throws ConfigException if a key is unknown or a value has the wrong form
   */
  public BusOptions(JsonObject json) {
    this(ConfigReader.read(json, BusOptions.class));
  }

  /** Returns these options as JSON. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /** Returns the prefix of every address: {@code llm} for {@code llm.stream} and so on. */
  public String getPrefix() {
    return prefix;
  }

  /** Sets the prefix of every address: {@code llm} for {@code llm.stream} and so on. */
  public BusOptions setPrefix(String prefix) {
    this.prefix = prefix;
    return this;
  }

  /** Returns how many chunks a producer may send before the consumer grants more credit. */
  public int getWindow() {
    return window;
  }

  /** Sets how many chunks a producer may send before the consumer grants more credit. */
  public BusOptions setWindow(int window) {
    this.window = window;
    return this;
  }

  /** Returns the interval of pings to a peer with open streams. */
  public Duration getPingInterval() {
    return pingInterval;
  }

  /** Sets the interval of pings to a peer with open streams. */
  public BusOptions setPingInterval(Duration pingInterval) {
    this.pingInterval = pingInterval;
    return this;
  }

  /** Returns how long a peer may be silent; must exceed its longest pause, such as a GC pause. */
  public Duration getPingTimeout() {
    return pingTimeout;
  }

  /** Sets how long a peer may be silent. */
  public BusOptions setPingTimeout(Duration pingTimeout) {
    this.pingTimeout = pingTimeout;
    return this;
  }

  /**
   * Returns how long a relay on another node may take to accept a request before a further one is
   * asked as well; the first that accepts serves it.
   */
  public Duration getOpenTimeout() {
    return openTimeout;
  }

  /**
   * Sets how long a relay on another node may take to accept a request before a further one is
   * asked as well.
   */
  public BusOptions setOpenTimeout(Duration openTimeout) {
    this.openTimeout = openTimeout;
    return this;
  }
}
