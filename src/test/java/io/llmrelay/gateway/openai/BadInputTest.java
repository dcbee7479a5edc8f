package io.llmrelay.gateway.openai;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.gateway.GatewayFixture;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BadInputTest extends GatewayFixture {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "null",
        "[]",
        "\"x\"",
        "17",
        "{",
        "{\"model\": secret}",
        "{\"messages\": []} {}",
        "\u0000\u0001\u0002",
        "model=gpt",
        "{'model': 'x'}"
      })
  void invalidBodyIs400(String body) throws Exception {
    HttpResponse<String> response = post(body);

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(error(response).getString("type")).isEqualTo("invalid_request_error");
    assertThat(error(response).getString("code")).isIn("invalid_json", null);
    assertThat(response.body()).doesNotContain("secret");
    assertThat(relay.requests).isEmpty();
  }

  @Test
  void syntaxErrorHasAPosition() throws Exception {
    assertThat(error(post("{\"model\": \"x\",\n \"messages\": oops}")).getString("message"))
        .isEqualTo("the body is not valid JSON: line 2, column 14");
    assertThat(post("[".repeat(5000)).statusCode()).isEqualTo(400);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "stream         | {'stream': 'yes'}",
        "stream_options | {'stream_options': {}}",
        "stream_options | {'stream': true, 'stream_options': 1}",
        "stream_options.include_usage       | {'stream': true, 'stream_options': {'include_usage': 1}}",
        "stream_options.include_obfuscation | {'stream': true, 'stream_options': {'include_obfuscation': true}}",
        "stream_options.x                   | {'stream': true, 'stream_options': {'x': true}}",
        "messages       | {'messages': []}",
        "temperature    | {'temperature': 3}",
        "tools[0].type  | {'tools': [{}]}",
        "relay.commit   | {'relay': {'commit': 'never'}}",
      })
  void invalidFieldIsNamed(String field, String json) throws Exception {
    JsonObject body = completionRequest().mergeIn(new JsonObject(json.replace('\'', '"')));

    HttpResponse<String> response = post(body);

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(error(response).getString("type")).isEqualTo("invalid_request_error");
    assertThat(error(response).getString("param")).isEqualTo(field);
    assertThat(error(response).getString("message")).startsWith(field + " ");
    assertThat(relay.requests).isEmpty();
  }

  @Test
  void supportedStreamOptionsAreAccepted() throws Exception {
    relay.script = stream -> stream.text("x").end(FinishReason.STOP, TokenUsage.NONE, null);
    JsonObject options = new JsonObject().put("include_obfuscation", false).putNull("x");

    assertThat(post(streamRequest().put("stream_options", options)).statusCode()).isEqualTo(200);
  }

  @Test
  void contentTypeDoesNotMatter() throws Exception {
    relay.script = stream -> stream.text("x").end(FinishReason.STOP, TokenUsage.NONE, null);
    for (String type :
        new String[] {"application/x-www-form-urlencoded", "text/plain", "multipart/form-data"}) {
      HttpResponse<String> response =
          send(
              request("/v1/chat/completions")
                  .header("content-type", type)
                  .POST(BodyPublishers.ofString(streamRequest().encode())));
      assertThat(response.statusCode()).isEqualTo(200);
    }
  }

  @Test
  void tooLargeContentLengthIs413() throws Exception {
    HttpResponse<String> response = post("x".repeat(5_000_000));

    assertThat(response.statusCode()).isEqualTo(413);
    assertThat(error(response).getString("message")).contains("10000 bytes");
  }

  @Test
  void tooLargeChunkedBodyIs413() throws Exception {
    byte[] body = new byte[5_000_000];
    HttpResponse<String> response =
        send(
            request("/v1/chat/completions")
                .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body))));

    assertThat(response.statusCode()).isEqualTo(413);
  }

  @Test
  void tooLargeBodyIsRefusedUnread() throws Exception {
    try (Socket socket = connect()) {
      write(
          socket,
          "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10001\r\n\r\n");
      assertThat(readUntil(socket, "\r\n\r\n")).contains("413");
      readUntil(socket, "}}");
      write(socket, "x".repeat(10_001) + "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assertThat(readUntil(socket, "\r\n\r\n")).contains("200 OK");
    }
  }

  @Test
  void expectContinueIsAnswered() throws Exception {
    relay.script = stream -> stream.text("x").end(FinishReason.STOP, TokenUsage.NONE, null);
    String head =
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n";
    try (Socket socket = connect()) {
      String body = streamRequest().encode();
      write(socket, head + "Content-Length: " + body.length() + "\r\n\r\n");
      assertThat(readUntil(socket, "\r\n\r\n")).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
      write(socket, body);
      assertThat(readUntil(socket, "[DONE]")).contains("200 OK");
    }
    try (Socket socket = connect()) {
      write(socket, head + "Content-Length: 10001\r\n\r\n");
      assertThat(new String(socket.getInputStream().readAllBytes(), US_ASCII))
          .startsWith("HTTP/1.1 413")
          .contains("connection: close");
    }
  }

  @Test
  void anUnknownRouteIs404() throws Exception {
    HttpResponse<String> response =
        send(request("/v1/audio/speech").POST(BodyPublishers.ofString("x".repeat(100_000))));

    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
    assertThat(error(response).getMap())
        .isEqualTo(
            new JsonObject(
                    "{\"message\":\"unknown URL: POST /v1/audio/speech\","
                        + "\"type\":\"invalid_request_error\",\"param\":null,"
                        + "\"code\":\"unknown_url\"}")
                .getMap());
  }

  @Test
  void malformedUrlIs400() throws Exception {
    try (Socket socket = connect()) {
      write(socket, "GET /v1/models/%zz HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assertThat(readUntil(socket, "}}")).startsWith("HTTP/1.1 400").contains("\"error\":{");
    }
  }

  @Test
  void aWrongMethodIs405() throws Exception {
    Map<String, String> routes =
        Map.of(
            "/v1/chat/completions", "POST",
            "/v1/models", "GET, HEAD",
            "/v1/models/x", "GET, HEAD",
            "/metrics", "GET, HEAD");
    for (Map.Entry<String, String> route : routes.entrySet()) {
      HttpResponse<String> response =
          send(request(route.getKey()).method("PUT", BodyPublishers.ofString("{}")));

      assertThat(response.statusCode()).isEqualTo(405);
      assertThat(response.headers().firstValue("allow")).hasValue(route.getValue());
      assertThat(error(response).getString("code")).isEqualTo("method_not_allowed");
    }
  }
}
