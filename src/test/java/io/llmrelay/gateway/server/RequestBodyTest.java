package io.llmrelay.gateway.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.gateway.HttpFixture;
import io.llmrelay.gateway.openai.OpenAiFront;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import java.net.Socket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A server that reads a body of at most 100 bytes within 200 ms and sends it back. */
class RequestBodyTest extends HttpFixture {
  @BeforeEach
  public void start() {
    HttpServer server =
        vertx
            .createHttpServer()
            .requestHandler(
                request ->
                    RequestBody.read(vertx, request, 100, bytes -> Future.succeededFuture(), 200)
                        .onSuccess(body -> request.response().end(Buffer.buffer(body)))
                        .onFailure(
                            error -> OpenAiFront.INSTANCE.sendError(request.response(), error)));
    port = server.listen(0, "127.0.0.1").await().actualPort();
  }

  private String answerTo(String request) throws Exception {
    try (Socket socket = connect()) {
      write(socket, request);
      return new String(socket.getInputStream().readAllBytes(), US_ASCII);
    }
  }

  @Test
  void missingBodyIs408AndClosesTheConnection() throws Exception {
    assertThat(answerTo("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{"))
        .startsWith("HTTP/1.1 408 ")
        .contains("\"code\":\"request_timeout\"");
  }

  @Test
  void refusedBodyIsNotReadForever() throws Exception {
    assertThat(answerTo("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999\r\n\r\n{"))
        .startsWith("HTTP/1.1 413 ")
        .doesNotContain("408");
  }

  @Test
  void acceptsChunkedBodyOfMaximumSize() throws Exception {
    String body = "{\"x\":\"" + "y".repeat(92) + "\"}";
    assertThat(body).hasSize(100);
    try (Socket socket = connect()) {
      write(socket, "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (String c : body.split("")) {
        write(socket, "1\r\n" + c + "\r\n");
      }
      write(socket, "0\r\n\r\n");
      assertThat(readUntil(socket, "}")).contains(" 200 ").endsWith(body);
    }
  }
}
