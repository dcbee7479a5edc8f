package io.llmrelay.gateway.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.Awake;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.AdminOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.gateway.FakeRelay;
import io.llmrelay.gateway.FakeStream;
import io.llmrelay.gateway.GatewayFixture;
import io.vertx.core.Future;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Limits for connections and request heads, tested with plain sockets. */
class ConnectionLimitsTest extends GatewayFixture {
  private static final long IDLE_MS = 600;
  private static final String LIVE = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";

  @Override
  public GatewayOptions options() {
    return super.options()
        .setIdleTimeout(Duration.ofMillis(IDLE_MS))
        .setMaxConnections(5)
        .setAdmin(new AdminOptions().setPort(0));
  }

  /** Reads until the connection is closed or reset. */
  private static String readToEnd(Socket socket) throws SocketTimeoutException {
    StringBuilder seen = new StringBuilder();
    try {
      InputStream in = socket.getInputStream();
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        seen.append(new String(buffer, 0, n, US_ASCII));
      }
    } catch (SocketTimeoutException stillOpen) {
      throw stillOpen;
    } catch (IOException reset) {
      // A reset ends the response as well.
    }
    return seen.toString();
  }

  private static void assertClosed(Socket socket) throws SocketTimeoutException {
    Awake watch = Awake.begin();
    readToEnd(socket);
    assertThat(watch.elapsed()).isLessThan(Duration.ofMillis(8 * IDLE_MS));
  }

  @Test
  void tooLargeHeadersAre431() throws Exception {
    try (Socket socket = connect()) {
      write(
          socket,
          "GET /v1/models HTTP/1.1\r\nHost: localhost\r\nX: " + "y".repeat(17_000) + "\r\n\r\n");
      assertThat(readToEnd(socket))
          .startsWith("HTTP/1.1 431 ")
          .contains("connection: close")
          .contains("\"code\":\"headers_too_large\"")
          .containsPattern("x-request-id: gw-[0-9a-f]{8}-0\r\n");
    }
    try (Socket socket = connect()) {
      write(
          socket,
          "GET /v1/models HTTP/1.1\r\nHost: localhost\r\n"
              + "X: y\r\n".repeat(10_000)
              + "\r\n\r\n");
      assertThat(readToEnd(socket)).matches(text -> text.isEmpty() || text.contains(" 431 "));
    }
  }

  @Test
  void tooLongUrlIs414() throws Exception {
    try (Socket socket = connect()) {
      write(socket, "GET /" + "y".repeat(5_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assertThat(readToEnd(socket))
          .matches("(?s)HTTP/1.. 414 .*")
          .contains("\"code\":\"url_too_long\"")
          .contains("x-request-id: gw-");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nBad Name: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nName\u0000: y\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
      })
  void malformedHeadIs400AndClosesTheConnection(String head) throws Exception {
    try (Socket socket = connect()) {
      write(socket, head);
      assertThat(readToEnd(socket))
          .matches("(?s)HTTP/1.. 400 .*")
          .contains("\"type\":\"invalid_request_error\"")
          .contains("x-request-id: gw-");
    }
  }

  @Test
  void closesAConnectionWithoutARequest() throws Exception {
    try (Socket socket = connect()) {
      assertClosed(socket);
    }
  }

  @Test
  void closesAConnectionWithASlowHead() throws Exception {
    try (Socket socket = connect()) {
      Thread slowSender =
          new Thread(
              () -> {
                try {
                  write(socket, "GET /health/live HTTP/1.1\r\n");
                  while (true) {
                    write(socket, "X: y\r\n");
                    Thread.sleep(IDLE_MS / 10);
                  }
                } catch (IOException | InterruptedException closed) {
                  // Expected: the server has closed the connection.
                }
              });
      slowSender.start();
      assertClosed(socket);
      slowSender.join(5_000);
      assertThat(slowSender.isAlive()).isFalse();
    }
  }

  @Test
  void closesAnIdleConnectionAfterItsTimeout() throws Exception {
    boolean conclusive = false;
    for (int i = 0; i < 20 && !conclusive; i++) {
      conclusive = keptAndThenClosed();
    }
    assertThat(conclusive).as("the requests were sent in time").isTrue();
  }

  /** Returns false if the test itself was paused for longer than the timeout. */
  private boolean keptAndThenClosed() throws Exception {
    try (Socket socket = connect()) {
      long last = System.nanoTime();
      for (int i = 0; i < 5; i++) {
        Thread.sleep(i == 0 ? 0 : IDLE_MS / 3);
        long now = System.nanoTime();
        String answer;
        try {
          write(socket, LIVE);
          answer = readUntil(socket, "}");
        } catch (IOException | AssertionError closed) {
          if (System.nanoTime() - last > IDLE_MS / 2 * 1_000_000) {
            return false;
          }
          throw closed;
        }
        assertThat(answer).contains("200 OK");
        last = now;
      }
      assertClosed(socket);
      return true;
    }
  }

  @Test
  void doesNotWaitForAnUnreadBody() throws Exception {
    try (Socket socket = connect()) {
      write(
          socket, "POST /v1/nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999\r\n\r\nx");
      assertThat(readUntil(socket, "}}")).startsWith("HTTP/1.1 404 ");
      assertClosed(socket);
    }
  }

  @Test
  void silentStreamIsNotIdle() throws Exception {
    try (Socket socket = open(streamRequest())) {
      FakeStream stream = relay.streams.take();
      Thread.sleep(2 * IDLE_MS);
      stream.text("Hello");
      readUntil(socket, "Hello");
      Thread.sleep(2 * IDLE_MS);
      stream.text("again").end(FinishReason.STOP, TokenUsage.NONE, null);
      assertThat(readUntil(socket, "[DONE]")).contains("again");
      assertClosed(socket);
    }
  }

  @Test
  void slowReaderGetsTheWholeResponse() throws Exception {
    int megabytes = 40;
    String text = "x".repeat(megabytes * 1_000_000);
    relay.generate =
        request -> Future.succeededFuture(FakeRelay.completion(text, "", "", FakeRelay.USAGE));
    try (Socket socket = open(completionRequest())) {
      long read = 0;
      for (int i = 0; i < 4; i++) {
        Thread.sleep(IDLE_MS / 2);
        read += socket.getInputStream().readNBytes(100_000).length;
      }
      read += readToEnd(socket).length();
      assertThat(read).isGreaterThan(megabytes * 1_000_000L);
    }
  }

  @Test
  void closesConnectionsBeyondTheLimit() throws Exception {
    List<Socket> sockets = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      Socket socket = open(streamRequest());
      relay.streams.take();
      sockets.add(socket);
    }
    try (Socket socket = connect()) {
      assertThat(readToEnd(socket)).isEmpty();
    }
    int full = port;
    port = gateway.actualAdminPort();
    assertThat(get("/health/live").statusCode()).as("operators get in").isEqualTo(200);
    port = full;

    sockets.get(0).close();
    await()
        .until(
            () -> {
              try (Socket socket = connect()) {
                write(socket, LIVE.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
                return new String(socket.getInputStream().readAllBytes(), US_ASCII)
                    .contains("200 OK");
              } catch (IOException closed) {
                return false;
              }
            });
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
