package io.llmrelay.gateway.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.BadRequestException;
import com.openai.errors.InternalServerException;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.EmbeddingCreateParams;
import io.llmrelay.LlmRelay;
import io.llmrelay.RelayVerticle;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.GatewayKeyOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.gateway.GatewayVerticle;
import io.llmrelay.gateway.HttpFixture;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.Scenario;
import io.llmrelay.sandbox.dialect.Vectors;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code POST /v1/embeddings} by OpenAI's Java SDK and by plain HTTP. */
class OpenAiEmbeddingsTest extends HttpFixture {
  private static final String MODEL = "embed-1";

  private Sandbox sandbox;
  private OpenAIClient client;

  @BeforeEach
  void start() {
    sandbox = Sandbox.start(vertx).await();
    RelayOptions options =
        new RelayOptions()
            .addBackend("first", backend("openai", "first"))
            .addBackend("second", backend("cohere", "second"))
            .addBackend("third", backend("gemini", "third"));
    vertx.deployVerticle(new RelayVerticle(options)).await();
    GatewayVerticle gateway =
        new GatewayVerticle(new GatewayOptions().setPort(0), LlmRelay.create(vertx));
    vertx.deployVerticle(gateway).await();
    port = gateway.actualPort();
    client =
        OpenAIOkHttpClient.builder()
            .baseUrl("http://127.0.0.1:" + port + "/v1")
            .apiKey("sk-caller")
            .maxRetries(0)
            .responseValidation(true)
            .build();
  }

  private BackendOptions backend(String dialect, String name) {
    return new BackendOptions()
        .setDialect(dialect)
        .setBaseUrl(sandbox.backend(dialect, name))
        .setApiKey("k")
        .setModels(List.of(MODEL));
  }

  @AfterEach
  void closeClient() {
    client.close();
  }

  private HttpResponse<String> post(JsonObject body, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/embeddings"))
            .POST(HttpRequest.BodyPublishers.ofString(body.encode(), UTF_8));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .build()
        .send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private static JsonObject body() {
    return new JsonObject().put("model", MODEL).put("input", "text");
  }

  @ParameterizedTest
  @ValueSource(strings = {"openai", "cohere", "gemini"})
  void theSdkReadsTheVectorsOfEachDialect(String dialect) {
    List<String> dialects = List.of("openai", "cohere", "gemini");
    List<String> names = List.of("first", "second", "third");
    for (int i = 0; i < dialects.indexOf(dialect); i++) {
      sandbox.script(names.get(i), Scenario.http(503));
    }
    CreateEmbeddingResponse answer =
        client
            .embeddings()
            .create(
                EmbeddingCreateParams.builder()
                    .model(MODEL)
                    .inputOfArrayOfStrings(List.of("one text", "日本"))
                    .build())
            .validate();
    assertThat(answer.model()).isEqualTo(MODEL);
    assertThat(answer.usage().promptTokens()).isPositive();
    for (int i = 0; i < 2; i++) {
      float[] expected = Vectors.of(MODEL, i == 0 ? "one text" : "日本", null);
      List<Float> vector = answer.data().get(i).embedding();
      assertThat(answer.data().get(i).index()).isEqualTo(i);
      assertThat(vector).hasSize(expected.length);
      for (int k = 0; k < expected.length; k++) {
        assertThat(vector.get(k)).isEqualTo(expected[k], within(1e-6f));
      }
    }
  }

  /** Other SDKs ask for base64 unless told otherwise, whatever the backend sends. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void base64IsMadeOfNumbersAndNumbersOfBase64(boolean base64) throws Exception {
    sandbox.script("first", Scenario.http(503));
    JsonObject answer =
        new JsonObject(post(body().put("encoding_format", base64 ? "base64" : "float")).body());
    Object vector = answer.getJsonArray("data").getJsonObject(0).getValue("embedding");
    float[] expected = Vectors.of(MODEL, "text", null);
    if (base64) {
      assertThat(vector).isEqualTo(Vectors.base64(expected));
    } else {
      assertThat(((JsonArray) vector).size()).isEqualTo(expected.length);
    }
  }

  @Test
  void theAnswerSaysWhoServedIt() throws Exception {
    sandbox.script("first", Scenario.http(503));
    HttpResponse<String> response = post(body());
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("x-relay-backend")).contains("second");
    assertThat(response.headers().firstValue("x-relay-attempts")).contains("2");
    assertThat(response.headers().firstValue("x-relay-warning"))
        .contains("input_type search_document was assumed");
    JsonObject relay = new JsonObject(response.body()).getJsonObject("relay");
    assertThat(relay.getString("backend")).isEqualTo("second");
    assertThat(relay.getJsonArray("trail")).hasSize(2);
  }

  @Test
  void aLargeBatchArrivesWhole() throws Exception {
    JsonObject body =
        body().put("input", new JsonArray(Collections.nCopies(400, "text"))).put("dimensions", 512);
    HttpResponse<String> response = post(body);
    JsonObject answer = new JsonObject(response.body());
    assertThat(answer.getJsonArray("data")).as(response.toString()).hasSize(400);
    JsonObject last = answer.getJsonArray("data").getJsonObject(399);
    assertThat(last.getInteger("index")).isEqualTo(399);
    assertThat(last.getJsonArray("embedding")).hasSize(512);
    assertThat(answer.getJsonObject("usage").getInteger("prompt_tokens")).isPositive();
  }

  @Test
  void errorsHaveOpenAisForm() {
    for (String name : List.of("first", "second", "third")) {
      sandbox.script(name, Scenario.http(503));
    }
    InternalServerException failed =
        catchThrowableOfType(
            InternalServerException.class,
            () ->
                client
                    .embeddings()
                    .create(EmbeddingCreateParams.builder().model(MODEL).input("x").build()));
    assertThat(failed.statusCode()).isEqualTo(502);
    BadRequestException refused =
        catchThrowableOfType(
            BadRequestException.class,
            () ->
                client
                    .embeddings()
                    .create(
                        EmbeddingCreateParams.builder()
                            .model(MODEL)
                            .inputOfArrayOfStrings(List.of())
                            .build()));
    assertThat(refused.param()).contains("input");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"model\": \"embed-1\"} | input",
        "{\"model\": \"embed-1\", \"input\": [\"a\", 1]} | input[1]",
        "{\"model\": \"embed-1\", \"input\": {}} | input",
        "{\"model\": \"embed-1\", \"input\": \"a\", \"dimensions\": 0} | dimensions",
        "{\"model\": \"embed-1\", \"input\": \"a\", \"encoding_format\": \"hex\"} |"
            + " encoding_format",
        "{\"model\": \"embed-1\", \"input\": \"a\", \"metadata\": {\"relay.consumer\": \"x\"}} |"
            + " metadata.relay.consumer"
      })
  void aBadRequestNamesTheField(String row) throws Exception {
    String[] cells = row.split(" \\|\\s*");
    HttpResponse<String> response = post(new JsonObject(cells[0]));
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(new JsonObject(response.body()).getJsonObject("error").getString("param"))
        .isEqualTo(cells[1]);
    assertThat(sandbox.calls()).isEmpty();
  }

  @Test
  void aClientThatDisconnectsAbortsTheBackendsRequest() throws Exception {
    sandbox.script("first", Scenario.of("stall-after-0"));
    try (Socket socket = connect()) {
      String body = body().encode();
      write(
          socket,
          "POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
              + body.length()
              + "\r\n\r\n"
              + body);
      await().until(() -> sandbox.activeRequests() == 1);
    }
    await().until(() -> sandbox.activeRequests() == 0);
    assertThat(sandbox.calls()).hasSize(1);
  }

  @Test
  void aKeyIsRequiredWhereThereAreKeys() throws Exception {
    GatewayVerticle gateway =
        new GatewayVerticle(
            new GatewayOptions()
                .setPort(0)
                .addKey("app", new GatewayKeyOptions().setKey("sk-app-0123456789")),
            LlmRelay.create(vertx));
    vertx.deployVerticle(gateway).await();
    port = gateway.actualPort();
    assertThat(post(body()).statusCode()).isEqualTo(401);
    assertThat(post(body(), "authorization", "Bearer sk-app-0123456789").statusCode())
        .isEqualTo(200);
  }
}
