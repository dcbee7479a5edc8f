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

/** Sends raw HTTP requests to a port and reads responses. */
@Timeout(90)
public abstract class HttpFixture {
  public final Vertx vertx = Vertx.vertx();
  public int port;

  @AfterEach
  public void stop() {
    vertx.close().await();
  }

  public static JsonObject completionRequest() {
    return new JsonObject()
        .put("model", "mock-model")
        .put(
            "messages",
            new JsonArray().add(new JsonObject().put("role", "user").put("content", "Hi")));
  }

  public static JsonObject streamRequest() {
    return completionRequest().put("stream", true);
  }

  /** Opens a connection and sends a request, without reading the response. */
  public Socket open(JsonObject body) throws IOException {
    Socket socket = connect();
    post(socket, "", body);
    return socket;
  }

  public static void post(Socket socket, String headers, JsonObject body) throws IOException {
    write(
        socket,
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
            + headers
            + "Content-Length: "
            + body.toBuffer().length()
            + "\r\n\r\n"
            + body);
  }

  public Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(30_000);
    return socket;
  }

  /**
   * Opens a connection with a small receive buffer. Linux may grow buffers to tens of megabytes,
   * which would hide the effect of back-pressure.
   */
  public Socket connectNarrow() throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(64 * 1024);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    socket.setSoTimeout(30_000);
    return socket;
  }

  public static void write(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    socket.getOutputStream().flush();
  }

  /** Reads until a text has arrived, and returns all that was read. */
  public static String readUntil(Socket socket, String text) throws IOException {
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

  /** Returns the data of all events except {@code [DONE]}. */
  public static List<JsonObject> events(String body) {
    return body.lines()
        .filter(line -> line.startsWith("data: {"))
        .map(line -> new JsonObject(line.substring(6)))
        .toList();
  }
}
