package io.llmrelay.config;

/**
 * The address of the admin endpoints: metrics, detailed health, reload. They require no key, so
 * every client that can reach this address can use them.
 */
public class AdminOptions {
  public static final String DEFAULT_HOST = "127.0.0.1";
  public static final int DEFAULT_PORT = 8081;

  private String host = DEFAULT_HOST;
  private int port = DEFAULT_PORT;

  public AdminOptions() {}

  public AdminOptions(AdminOptions other) {
    host = other.host;
    port = other.port;
  }

  /** Returns the address to listen on. */
  public String getHost() {
    return host;
  }

  public AdminOptions setHost(String host) {
    this.host = host;
    return this;
  }

  /** Returns the port to listen on; 0 for any free port. */
  public int getPort() {
    return port;
  }

  public AdminOptions setPort(int port) {
    this.port = port;
    return this;
  }
}
