package io.llmrelay.config;

/**
 * Where the endpoints for operators are: metrics, detailed health, reloading. They ask for no key,
 * so who can reach this address can use them.
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

  /** The address to listen at. */
  public String getHost() {
    return host;
  }

  public AdminOptions setHost(String host) {
    this.host = host;
    return this;
  }

  /** The port to listen at; 0 takes any free one. */
  public int getPort() {
    return port;
  }

  public AdminOptions setPort(int port) {
    this.port = port;
    return this;
  }
}
