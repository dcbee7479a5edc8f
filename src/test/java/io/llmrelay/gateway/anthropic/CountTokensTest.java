package io.llmrelay.gateway.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.LlmRelay;
import io.llmrelay.RelayVerticle;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.gateway.GatewayVerticle;
import io.llmrelay.gateway.HttpFixture;
import io.llmrelay.provider.VendorSchema;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tokens of a prompt are counted by its backend, or else estimated. */
class CountTokensTest extends HttpFixture {
  private record Asked(String uri, String beta, JsonObject body) {}

  private final HttpClient client = HttpClient.newHttpClient();
  private final List<Asked> asked = new CopyOnWriteArrayList<>();
  private volatile int status = 200;

  @BeforeEach
  public void start() {
    int backend =
        vertx
            .createHttpServer()
            .requestHandler(this::count)
            .listen(0, "127.0.0.1")
            .await()
            .actualPort();
    String url = "http://127.0.0.1:" + backend;
    RelayOptions options =
        new RelayOptions()
            .addBackend("claude", backend("anthropic", url, "claude-sonnet-4-5"))
            .addBackend("google", backend("gemini", url, "gemini-3-pro"))
            .addBackend("compatible", backend("openai", url, "m"));
    vertx.deployVerticle(new RelayVerticle(options)).await();
    GatewayVerticle gateway =
        new GatewayVerticle(new GatewayOptions().setPort(0), LlmRelay.create(vertx));
    vertx.deployVerticle(gateway).await();
    port = gateway.actualPort();
  }

  private static BackendOptions backend(String dialect, String url, String model) {
    return new BackendOptions()
        .setDialect(dialect)
        .setBaseUrl(url)
        .setApiKey("k")
        .setModels(List.of(model));
  }

  private void count(HttpServerRequest request) {
    request
        .body()
        .onSuccess(
            body -> {
              asked.add(
                  new Asked(
                      request.uri(), request.getHeader("anthropic-beta"), body.toJsonObject()));
              String tokens = request.uri().contains("gemini") ? "totalTokens" : "input_tokens";
              request
                  .response()
                  .setStatusCode(status)
                  .end(new JsonObject().put(tokens, 2095).encode());
            });
  }

  private static JsonObject request(String backend) {
    return new JsonObject()
        .put("model", "any")
        .put("system", "Be brief.")
        .put("a_future_field", 1)
        .put(
            "messages",
            new JsonArray()
                .add(new JsonObject().put("role", "user").put("content", "x".repeat(391))))
        .put("relay", new JsonObject().put("candidates", new JsonArray().add(backend)));
  }

  private HttpResponse<String> post(JsonObject body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + port + "/v1/messages/count_tokens?beta=true"))
            .header("anthropic-version", "2023-06-01")
            .header("anthropic-beta", "token-counting-2024-11-01")
            .POST(BodyPublishers.ofString(body.encode()))
            .build(),
        BodyHandlers.ofString());
  }

  private static void assertTokens(HttpResponse<String> response, int tokens, String source) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    VendorSchema.of("anthropic", "CountTokensResponse")
        .assertValid(new JsonObject(response.body()).toBuffer());
    assertThat(new JsonObject(response.body()).getInteger("input_tokens")).isEqualTo(tokens);
    assertThat(response.headers().firstValue("x-relay-usage-source")).hasValue(source);
  }

  @Test
  void anthropicCounts() throws Exception {
    assertTokens(post(request("claude")), 2095, "provider");

    JsonObject sent = request("claude").put("model", "claude-sonnet-4-5");
    sent.remove("relay");
    assertThat(asked)
        .containsExactly(new Asked("/v1/messages/count_tokens", "token-counting-2024-11-01", sent));
  }

  @Test
  void geminiCounts() throws Exception {
    assertTokens(post(request("google")), 2095, "provider");

    JsonObject sent = asked.get(0).body().getJsonObject("generateContentRequest");
    assertThat(asked.get(0).uri()).isEqualTo("/v1beta/models/gemini-3-pro:countTokens");
    assertThat(sent.getString("model")).isEqualTo("models/gemini-3-pro");
    assertThat(sent.getJsonArray("contents").encode()).contains("xxx");
  }

  @ParameterizedTest
  @CsvSource({"compatible, 200", "claude, 404", "claude, 500", "google, 429"})
  void othersAreEstimated(String backend, int status) throws Exception {
    this.status = status;

    assertTokens(post(request(backend)), 100, "estimated");
  }

  @Test
  void anInvalidRequestIsRefused() throws Exception {
    JsonObject request = request("claude");
    request.remove("messages");

    HttpResponse<String> response = post(request);

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(new JsonObject(response.body()).getJsonObject("error").getString("message"))
        .contains("messages");
    assertThat(asked).isEmpty();
  }
}
