package io.llmrelay.gateway.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.config.AdminOptions;
import io.llmrelay.config.GatewayKeyOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.gateway.GatewayFixture;
import io.llmrelay.gateway.GatewayVerticle;
import java.net.Socket;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The check of the Host header against DNS rebinding. */
class HostCheckTest extends GatewayFixture {
  private static final String KEY = "a-key-of-more-than-20-characters";

  @Override
  public GatewayOptions options() {
    return super.options().setHosts(List.of("Relay.Example", "192.0.2.7"));
  }

  private int status(String line, String headers) throws Exception {
    try (Socket socket = connect()) {
      write(socket, line + "\r\n" + headers + "Connection: close\r\n\r\n");
      String answer = new String(socket.getInputStream().readAllBytes(), US_ASCII);
      int status = Integer.parseInt(answer.substring(9, 12));
      if (status == 421) {
        assertThat(answer).contains("\"code\":\"unknown_host\"", "gateway.hosts", "x-request-id: ");
      }
      return status;
    }
  }

  private int status(String path, String host, int port) throws Exception {
    this.port = port;
    return status("GET " + path + " HTTP/1.1", "Host: " + host + "\r\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost",
        "LOCALHOST:8080",
        "localhost.",
        "127.0.0.1",
        "127.0.0.1:1",
        "127.9.9.9",
        "[::1]",
        "[::1]:8080",
        "[0:0:0:0:0:0:0:1]",
        "relay.example",
        "RELAY.example.:443",
        "192.0.2.7:80",
      })
  void acceptsKnownHosts(String host) throws Exception {
    for (String path : List.of("/v1/models", "/health/live", "/health/ready")) {
      assertThat(status(path, host, port)).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.example",
        "evil.example:8080",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "relay.example.evil.example",
        "192.0.2.8",
        "[2001:db8::1]",
        "0.0.0.0",
        "",
      })
  void refusesUnknownHosts(String host) throws Exception {
    for (String path :
        List.of("/v1/models", "/v1/nowhere", "/health/live", "/health/ready", "/metrics")) {
      assertThat(status(path, host, port)).isEqualTo(421);
    }
    assertThat(
            status(
                "POST /v1/chat/completions HTTP/1.1",
                "Host: " + host + "\r\nContent-Length: 0\r\n"))
        .isEqualTo(421);
    assertThat(status("POST /admin/reload HTTP/1.1", "Host: " + host + "\r\nContent-Length: 0\r\n"))
        .isEqualTo(421);
  }

  @Test
  void checksTheHostOfAbsoluteUrls() throws Exception {
    String own = "Host: localhost\r\n";
    assertThat(status("GET http://localhost:1/health/live HTTP/1.1", own)).isEqualTo(200);
    assertThat(status("GET http://evil.example/health/live HTTP/1.1", own)).isEqualTo(421);
    assertThat(status("GET http://localhost/health/live HTTP/1.1", "Host: evil.example\r\n"))
        .isEqualTo(421);
  }

  @ParameterizedTest
  @ValueSource(strings = {"user@localhost", "localhost:x", "[::1"})
  void refusesMalformedHosts(String host) throws Exception {
    assertThat(status("/health/live", host, port)).isIn(400, 421);
  }

  @Test
  void hostIsOptionalInHttp10() throws Exception {
    assertThat(status("GET /health/live HTTP/1.0", "")).isEqualTo(200);
    assertThat(status("GET /health/live HTTP/1.1", "")).isEqualTo(400);
    assertThat(status("GET /health/live HTTP/1.1", "Host: localhost\r\nHost: localhost\r\n"))
        .isEqualTo(400);
  }

  @Test
  void keysAllowAnyHostButNotForOperators() throws Exception {
    gateway =
        deploy(
            new GatewayVerticle(
                options()
                    .addKey("a", new GatewayKeyOptions().setKey(KEY))
                    .setAdmin(new AdminOptions().setPort(0)),
                relay));
    String foreign = "Host: evil.example\r\n";
    port = gateway.actualPort();
    assertThat(status("GET /v1/models HTTP/1.1", foreign + "Authorization: Bearer " + KEY + "\r\n"))
        .isEqualTo(200);
    assertThat(status("GET /v1/models HTTP/1.1", foreign)).isEqualTo(401);
    assertThat(status("GET /health/live HTTP/1.1", foreign)).isEqualTo(200);

    for (String path : List.of("/health/ready", "/health/live", "/nowhere")) {
      assertThat(status(path, "evil.example", gateway.actualAdminPort())).isEqualTo(421);
    }
    assertThat(status("/health/ready", "relay.example", port)).isEqualTo(200);
  }

  @Test
  void wildcardAllowsAnyAddressAndReloadAddsNames() throws Exception {
    GatewayOptions everywhere = options().setHost("0.0.0.0").setAllowAnonymous(true);
    gateway = deploy(new GatewayVerticle(everywhere, relay));
    assertThat(status("/v1/models", "203.0.113.9:8080", gateway.actualPort())).isEqualTo(200);
    assertThat(status("/v1/models", "other.example", port)).isEqualTo(421);

    gateway.reload(new GatewayOptions(everywhere).setHosts(List.of("other.example"))).await();

    assertThat(status("/v1/models", "other.example", port)).isEqualTo(200);
    assertThat(status("/v1/models", "relay.example", port)).isEqualTo(421);
  }
}
