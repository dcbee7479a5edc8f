package io.llmrelay.config;

import io.llmrelay.bus.BusSettings;
import java.time.Duration;

/** The relay's addresses on the event bus, and flow control and liveness of its streams. */
public class BusOptions {
  public static final String DEFAULT_PREFIX = "llm";
  public static final int DEFAULT_WINDOW = BusSettings.DEFAULT_WINDOW;
  public static final Duration DEFAULT_PING_INTERVAL = BusSettings.DEFAULT_PING_INTERVAL;
  public static final Duration DEFAULT_PING_TIMEOUT = BusSettings.DEFAULT_PING_TIMEOUT;
  public static final Duration DEFAULT_OPEN_TIMEOUT = BusSettings.DEFAULT_OPEN_TIMEOUT;

  private String prefix = DEFAULT_PREFIX;
  private int window = DEFAULT_WINDOW;
  private Duration pingInterval = DEFAULT_PING_INTERVAL;
  private Duration pingTimeout = DEFAULT_PING_TIMEOUT;
  private Duration openTimeout = DEFAULT_OPEN_TIMEOUT;

  public BusOptions() {}

  public BusOptions(BusOptions other) {
    prefix = other.prefix;
    window = other.window;
    pingInterval = other.pingInterval;
    pingTimeout = other.pingTimeout;
    openTimeout = other.openTimeout;
  }

  /** Returns the prefix of every address: {@code llm} for {@code llm.stream} and so on. */
  public String getPrefix() {
    return prefix;
  }

  public BusOptions setPrefix(String prefix) {
    this.prefix = prefix;
    return this;
  }

  /** Returns how many chunks a producer may send before the consumer grants more credit. */
  public int getWindow() {
    return window;
  }

  public BusOptions setWindow(int window) {
    this.window = window;
    return this;
  }

  /** Returns the interval of pings to a peer with open streams. */
  public Duration getPingInterval() {
    return pingInterval;
  }

  public BusOptions setPingInterval(Duration pingInterval) {
    this.pingInterval = pingInterval;
    return this;
  }

  /** Returns how long a peer may be silent; must exceed its longest pause, such as a GC pause. */
  public Duration getPingTimeout() {
    return pingTimeout;
  }

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

  public BusOptions setOpenTimeout(Duration openTimeout) {
    this.openTimeout = openTimeout;
    return this;
  }
}
