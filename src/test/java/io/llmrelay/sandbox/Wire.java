package io.llmrelay.sandbox;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;

/**
 * A blocking client that gives access to the bytes of a response and to the state of the connection
 * at its end.
 */
final class Wire implements AutoCloseable {

  /** The reason why reading stopped. */
  enum Stop {
    LAST_CHUNK,
    CONTENT_LENGTH,
    FIN,
    RESET,
    SILENCE,
    FOUND
  }

  private static final int TIMEOUT_MS = 10_000;
  private static final int SILENCE_MS = 400;

  private final Socket socket;
  private final Buffer received = Buffer.buffer();
  private int bodyStart = -1;

  private Wire(Socket socket) {
    this.socket = socket;
  }

  static JsonObject request(String model) {
    return new JsonObject()
        .put("model", model)
        .put("max_tokens", 100)
        .put("messages", JsonArray.of(JsonObject.of("role", "user", "content", "Hello?")))
        .put("stream", true);
  }

  static Wire openAi(Sandbox sandbox, String model) throws IOException {
    return openAi(sandbox, "", request(model));
  }

  static Wire openAi(Sandbox sandbox, String prefix, JsonObject body) throws IOException {
    return post(sandbox, prefix + "/v1/chat/completions", "authorization: Bearer sk-1", body);
  }

  /** Sends a request from a socket with a small receive buffer. */
  static Wire narrow(Sandbox sandbox, String model) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(64 * 1024);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), sandbox.port()));
    return post(socket, "/v1/chat/completions", "authorization: Bearer sk-1", request(model));
  }

  static Wire anthropic(Sandbox sandbox, String model) throws IOException {
    return anthropic(sandbox, "", request(model));
  }

  static Wire anthropic(Sandbox sandbox, String prefix, JsonObject body) throws IOException {
    String headers = "anthropic-version: 2023-06-01\r\nX-Api-Key: sk-1";
    return post(sandbox, prefix + "/v1/messages", headers, body);
  }

  static Wire post(Sandbox sandbox, String path, String headers, JsonObject body)
      throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), sandbox.port());
    return post(socket, path, headers, body);
  }

  private static Wire post(Socket socket, String path, String headers, JsonObject body)
      throws IOException {
    byte[] bytes = body.encode().getBytes(UTF_8);
    Wire wire = new Wire(socket);
    wire.send("POST " + path + " HTTP/1.1\r\nhost: sandbox\r\n" + headers + "\r\n");
    wire.send("content-length: " + bytes.length + "\r\n\r\n");
    wire.socket.getOutputStream().write(bytes);
    return wire;
  }

  static Wire get(Sandbox sandbox, String path, String headers) throws IOException {
    Wire wire = new Wire(new Socket(InetAddress.getLoopbackAddress(), sandbox.port()));
    wire.send("GET " + path + " HTTP/1.1\r\nhost: sandbox\r\n" + headers + "\r\n\r\n");
    return wire;
  }

  private void send(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(UTF_8));
  }

  /** Reads until the response is complete or the connection closed. */
  Stop read() throws IOException {
    return read(TIMEOUT_MS, () -> false);
  }

  /** Reads until nothing arrives for a while. */
  Stop readToSilence() throws IOException {
    return read(SILENCE_MS, () -> false);
  }

  /** Reads until a text has arrived a number of times. */
  Stop readTo(int times, String text) throws IOException {
    return read(TIMEOUT_MS, () -> raw().split(Pattern.quote(text), -1).length > times);
  }

  private Stop read(int timeoutMs, BooleanSupplier stop) throws IOException {
    socket.setSoTimeout(timeoutMs);
    InputStream in = socket.getInputStream();
    byte[] buffer = new byte[64 * 1024];
    try {
      while (!stop.getAsBoolean()) {
        if (complete()) {
          return header("content-length") == null ? Stop.LAST_CHUNK : Stop.CONTENT_LENGTH;
        }
        int n = in.read(buffer);
        if (n < 0) {
          return Stop.FIN;
        }
        received.appendBytes(buffer, 0, n);
      }
      return Stop.FOUND;
    } catch (SocketTimeoutException e) {
      return Stop.SILENCE;
    } catch (SocketException e) {
      return Stop.RESET;
    }
  }

  private boolean complete() {
    if (bodyStart < 0) {
      int blank = raw().indexOf("\r\n\r\n");
      bodyStart = blank < 0 ? -1 : blank + 4;
    }
    if (bodyStart < 0) {
      return false;
    }
    String length = header("content-length");
    int end = received.length();
    return length == null
        ? end - bodyStart >= 5 && received.getString(end - 5, end, "ISO-8859-1").equals("0\r\n\r\n")
        : end >= bodyStart + Integer.parseInt(length);
  }

  /** Returns the received bytes as ISO 8859-1, one character per byte. */
  String raw() {
    return received.toString(ISO_8859_1);
  }

  int status() {
    return Integer.parseInt(raw().substring(9, 12));
  }

  String header(String name) {
    return received
        .getString(0, bodyStart)
        .lines()
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ":"))
        .map(line -> line.substring(name.length() + 1).trim())
        .findFirst()
        .orElse(null);
  }

  /** Returns the body without the chunked encoding. */
  byte[] bytes() {
    byte[] body = received.getBytes(bodyStart, received.length());
    if (header("content-length") != null) {
      return body;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String text = new String(body, ISO_8859_1);
    int at = 0;
    int line = text.indexOf("\r\n");
    while (line > 0) {
      int size = Integer.parseInt(text.substring(at, line), 16);
      int from = line + 2;
      out.write(body, from, Math.min(size, body.length - from));
      at = Math.min(body.length, from + size + 2);
      line = text.indexOf("\r\n", at);
    }
    return out.toByteArray();
  }

  String body() {
    return new String(bytes(), UTF_8);
  }

  boolean bodyIsUtf8() {
    try {
      UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes()));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  JsonObject json() {
    return new JsonObject(body());
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
