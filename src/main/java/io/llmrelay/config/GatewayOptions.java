package io.llmrelay.config;

import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;

/** The HTTP front. */
public class GatewayOptions {
  public static final String DEFAULT_HOST = "127.0.0.1";
  public static final int DEFAULT_PORT = 8080;
  public static final int DEFAULT_MAX_BODY = 4 * 1024 * 1024;

  private String host = DEFAULT_HOST;
  private int port = DEFAULT_PORT;

  @JsonDeserialize(using = Binding.SizeReader.class)
  @JsonSerialize(using = Binding.SizeWriter.class)
  private int maxBody = DEFAULT_MAX_BODY;

  public GatewayOptions() {}

  public GatewayOptions(GatewayOptions other) {
    host = other.host;
    port = other.port;
    maxBody = other.maxBody;
  }

  /** The address to listen at; {@code 0.0.0.0} for every network of the machine. */
  public String getHost() {
    return host;
  }

  public GatewayOptions setHost(String host) {
    this.host = host;
    return this;
  }

  /** The port to listen at; 0 takes any free one. */
  public int getPort() {
    return port;
  }

  public GatewayOptions setPort(int port) {
    this.port = port;
    return this;
  }

  /** The largest request body in bytes. In a file it is a size: {@code max-body: 4MB}. */
  public int getMaxBody() {
    return maxBody;
  }

  public GatewayOptions setMaxBody(int maxBody) {
    this.maxBody = maxBody;
    return this;
  }
}
