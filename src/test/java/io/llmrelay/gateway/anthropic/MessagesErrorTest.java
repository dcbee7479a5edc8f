package io.llmrelay.gateway.anthropic;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.config.GatewayKeyOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.json.JsonObject;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Errors in the form of Anthropic's API, whoever finds them. */
class MessagesErrorTest extends MessagesFixture {
  private static final String KEY = "sk-gateway-0123456789abcdef";

  @Override
  GatewayOptions gateway() {
    return super.gateway()
        .setMaxBody(10_000)
        .addKey("team", new GatewayKeyOptions().setKey(KEY).setMaxConcurrent(1));
  }

  @Override
  HttpRequest.Builder messages(JsonObject body) {
    return super.messages(body).header("x-api-key", KEY);
  }

  private static void assertError(HttpResponse<String> response, int status, String type) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    JsonObject body = new JsonObject(response.body());
    assertThat(body.getString("type")).isEqualTo("error");
    assertThat(body.getJsonObject("error").getString("type")).isEqualTo(type);
    assertThat(body.getJsonObject("error").getString("message")).isNotEmpty();
    assertThat(response.headers().firstValue("request-id")).isPresent();
  }

  private HttpRequest.Builder path(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), BodyHandlers.ofString());
  }

  @Test
  void aKeyIsRequired() throws Exception {
    HttpRequest.Builder anonymous =
        path("/v1/messages").POST(BodyPublishers.ofString(request("claude").encode()));

    assertError(send(anonymous), 401, "authentication_error");
    assertError(
        send(anonymous.copy().header("x-api-key", "sk-wrong")), 401, "authentication_error");
    assertThat(sandbox.calls()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"x-api-key, ''", "authorization, 'Bearer '"})
  void aKeyComesInEitherHeader(String header, String scheme) throws Exception {
    HttpRequest.Builder request =
        path("/v1/messages")
            .POST(BodyPublishers.ofString(request("claude").encode()))
            .header(header, scheme + KEY);

    assertThat(send(request).statusCode()).isEqualTo(200);
    assertThat(sandbox.calls("claude")).hasSize(1);
  }

  @Test
  void unknownPathsAndMethods() throws Exception {
    assertError(
        send(path("/v1/messages/batches").header("x-api-key", KEY)), 404, "not_found_error");
    HttpResponse<String> get = send(path("/v1/messages").header("x-api-key", KEY));
    assertError(get, 405, "invalid_request_error");
    assertThat(get.headers().firstValue("allow")).contains("POST");
  }

  @Test
  void aBodyThatIsTooLarge() throws Exception {
    JsonObject request = request("claude").put("system", "x".repeat(20_000));

    assertError(post(request), 413, "request_too_large");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {                                                | the body ends before its JSON does
          []                                               | the body must be a JSON object
          {}                                               | model: is required
          {"model":"m"}                                    | max_tokens: is required
          {"model":"m","max_tokens":0}                     | max_tokens: must be an integer
          {"model":"m","max_tokens":1}                     | messages: at least one message
          {"model":"m","max_tokens":1,"messages":[{"role":"tool"}]} | messages.0.role: must be
          {"model":"m","max_tokens":1,"messages":[{"role":"user"}]} | messages.0.content: is required
          {"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"image"}]}]} | messages.0.content.0.source: is required
          {"model":"m","max_tokens":1,"messages":[{"role":"user","content":"a"}],"tools":[{"name":"a b","input_schema":{}}]} | tools.0.name: should match
          {"model":"m","max_tokens":1,"messages":[{"role":"user","content":"a"}],"tool_choice":{"type":"any"}} | tool_choice: may only
          {"model":"m","max_tokens":1,"messages":[{"role":"user","content":"a"}],"top_p":2} | top_p: must be
          """)
  void anInvalidRequest(String body, String message) throws Exception {
    HttpResponse<String> response =
        send(path("/v1/messages").header("x-api-key", KEY).POST(BodyPublishers.ofString(body)));

    assertError(response, 400, "invalid_request_error");
    assertThat(response.body()).contains(message);
  }

  @Test
  void theLimitOfAKey() throws Exception {
    sandbox.script("claude", Scenario.ok().chunks(10_000).chunkDelay(5));
    JsonObject body = request("claude").put("stream", true);
    try (Socket open = connect()) {
      write(
          open,
          "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nx-api-key: "
              + KEY
              + "\r\nContent-Length: "
              + body.toBuffer().length()
              + "\r\n\r\n"
              + body);
      readUntil(open, "text_delta");

      assertError(post(request("claude")), 429, "rate_limit_error");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "400, 400, invalid_request_error",
    "400-context, 400, invalid_request_error",
    "404, 404, not_found_error",
    "429-retry-after-7, 429, rate_limit_error",
    "529, 502, overloaded_error",
    "503, 502, overloaded_error",
    "401, 502, api_error",
    "stall, 504, timeout_error"
  })
  void anErrorOfTheBackend(String scenario, int status, String type) throws Exception {
    sandbox.script("compatible", Scenario.of(scenario));
    JsonObject request = request("compatible");
    request
        .getJsonObject("relay")
        .put("timeouts", new JsonObject().put("first-chunk", "300ms").put("total", "600ms"));

    assertError(post(request), status, type);
  }

  @ParameterizedTest
  @CsvSource({"claude", "google", "compatible"})
  void aBrokenAnswerEndsWithAnErrorAndWithoutTheEndOfTheBody(String backend) throws Exception {
    sandbox.script(backend, Scenario.of("die-after-3"));
    JsonObject body = request(backend).put("stream", true);
    try (Socket socket = connect()) {
      write(
          socket,
          "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nx-api-key: "
              + KEY
              + "\r\nContent-Length: "
              + body.toBuffer().length()
              + "\r\n\r\n"
              + body);
      String answer = new String(socket.getInputStream().readAllBytes(), UTF_8);

      assertThat(answer)
          .contains("\nevent: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",")
          .doesNotContain("message_delta", "message_stop", "\r\n0\r\n");
    }
  }
}
