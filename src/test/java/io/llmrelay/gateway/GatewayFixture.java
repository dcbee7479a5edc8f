package io.llmrelay.gateway;

import io.llmrelay.config.GatewayOptions;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/** A gateway on a port of its own in front of a {@link FakeRelay}, and a plain HTTP client. */
@Timeout(20)
abstract class GatewayFixture {
  static final int MAX_BODY = 10_000;

  final Vertx vertx = Vertx.vertx();
  final FakeRelay relay = new FakeRelay(vertx);
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  int port;

  @BeforeEach
  void start() {
    GatewayOptions options = new GatewayOptions().setPort(0).setMaxBody(MAX_BODY);
    GatewayVerticle gateway = new GatewayVerticle(options, relay);
    vertx.deployVerticle(gateway).await();
    port = gateway.actualPort();
  }

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

  HttpResponse<String> post(JsonObject body) throws Exception {
    return post(body.encode());
  }

  HttpResponse<String> post(String body) throws Exception {
    return send(
        request("/v1/chat/completions")
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofString(body)));
  }

  HttpResponse<String> get(String path) throws Exception {
    return send(request(path));
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
  }

  HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), BodyHandlers.ofString());
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
        "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n"
            + headers
            + "Content-Length: "
            + body.toBuffer().length()
            + "\r\n\r\n"
            + body);
  }

  Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(10_000);
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

  static JsonObject error(HttpResponse<String> response) {
    return new JsonObject(response.body()).getJsonObject("error");
  }

  /** The JSON of every event but {@code [DONE]}. */
  static List<JsonObject> events(String body) {
    return body.lines()
        .filter(line -> line.startsWith("data: {"))
        .map(line -> new JsonObject(line.substring(6)))
        .toList();
  }
}
