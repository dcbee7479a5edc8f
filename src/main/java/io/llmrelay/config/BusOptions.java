package io.llmrelay.config;

import io.llmrelay.bus.BusSettings;
import java.time.Duration;

/** Where the relay is on the event bus, and how streams cross it. */
public class BusOptions {
  public static final String DEFAULT_PREFIX = "llm";
  public static final int DEFAULT_WINDOW = BusSettings.DEFAULT_WINDOW;
  public static final Duration DEFAULT_PING_INTERVAL = BusSettings.DEFAULT_PING_INTERVAL;
  public static final Duration DEFAULT_PING_TIMEOUT = BusSettings.DEFAULT_PING_TIMEOUT;

  private String prefix = DEFAULT_PREFIX;
  private int window = DEFAULT_WINDOW;
  private Duration pingInterval = DEFAULT_PING_INTERVAL;
  private Duration pingTimeout = DEFAULT_PING_TIMEOUT;

  public BusOptions() {}

  public BusOptions(BusOptions other) {
    prefix = other.prefix;
    window = other.window;
    pingInterval = other.pingInterval;
    pingTimeout = other.pingTimeout;
  }

  /** What every address starts with: {@code llm} gives {@code llm.stream} and so on. */
  public String getPrefix() {
    return prefix;
  }

  public BusOptions setPrefix(String prefix) {
    this.prefix = prefix;
    return this;
  }

  /** Chunks a producer may be ahead of its consumer. */
  public int getWindow() {
    return window;
  }

  public BusOptions setWindow(int window) {
    this.window = window;
    return this;
  }

  /**
   * How often a peer with open streams is asked whether it is there; a killed one is soon known.
   */
  public Duration getPingInterval() {
    return pingInterval;
  }

  public BusOptions setPingInterval(Duration pingInterval) {
    this.pingInterval = pingInterval;
    return this;
  }

  /** How long it may be silent: longer than its longest pause. */
  public Duration getPingTimeout() {
    return pingTimeout;
  }

  public BusOptions setPingTimeout(Duration pingTimeout) {
    this.pingTimeout = pingTimeout;
    return this;
  }

  /** What an endpoint has to know of it. */
  public BusSettings toSettings() {
    return new BusSettings(window, pingInterval, pingTimeout);
  }
}
