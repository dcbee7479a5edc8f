package io.llmrelay.gateway;

import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/** A gateway at a port, and what tests say to it and hear. */
@Timeout(90)
abstract class HttpFixture {
  final Vertx vertx = Vertx.vertx();
  int port;

  @AfterEach
  void stop() {
    vertx.close().await();
  }

  static JsonObject ask() {
    return new JsonObject()
        .put("model", "mock-model")
        .put(
            "messages",
            new JsonArray().add(new JsonObject().put("role", "user").put("content", "Hi")));
  }

  static JsonObject askStream() {
    return ask().put("stream", true);
  }

  /** A connection that has sent this request and read nothing. */
  Socket open(JsonObject body) throws IOException {
    Socket socket = connect();
    post(socket, "", body);
    return socket;
  }

  static void post(Socket socket, String headers, JsonObject body) throws IOException {
    write(
        socket,
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
            + headers
            + "Content-Length: "
            + body.toBuffer().length()
            + "\r\n\r\n"
            + body);
  }

  Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(30_000);
    return socket;
  }

  /**
   * One that holds little of what it has not read: Linux lets a socket grow to tens of megabytes
   * where it is told so, and that would look like somebody who does not hold back.
   */
  Socket connectNarrow() throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(64 * 1024);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    socket.setSoTimeout(30_000);
    return socket;
  }

  static void write(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    socket.getOutputStream().flush();
  }

  /** Reads until this text has come. */
  static String readUntil(Socket socket, String text) throws IOException {
    StringBuilder seen = new StringBuilder();
    InputStream in = socket.getInputStream();
    while (seen.indexOf(text) < 0) {
      int c = in.read();
      if (c < 0) {
        throw new AssertionError("the connection ended before \"" + text + "\" in: " + seen);
      }
      seen.append((char) c);
    }
    return seen.toString();
  }

  /** The JSON of every event but {@code [DONE]}. */
  static List<JsonObject> events(String body) {
    return body.lines()
        .filter(line -> line.startsWith("data: {"))
        .map(line -> new JsonObject(line.substring(6)))
        .toList();
  }
}
