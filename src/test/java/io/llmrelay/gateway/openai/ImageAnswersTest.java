package io.llmrelay.gateway.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.LlmRelay;
import io.llmrelay.RelayVerticle;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.gateway.GatewayVerticle;
import io.llmrelay.gateway.HttpFixture;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers with images come through as the field {@code images}, and are not empty. */
class ImageAnswersTest extends HttpFixture {
  private static final String PNG = "data:image/png;base64,";

  private final HttpClient client = HttpClient.newHttpClient();
  private Sandbox sandbox;

  @BeforeEach
  public void start() {
    sandbox = Sandbox.start(vertx).await();
    RelayOptions options =
        new RelayOptions()
            .addBackend(
                "google",
                backend("gemini", sandbox.backend("gemini", "google"), "gemini-3-pro-image"))
            .addBackend(
                "router", backend("openai", sandbox.backend("router"), "google/gemini-3-pro-image"))
            .addBackend(
                "claude", backend("anthropic", sandbox.anthropicBackend("claude"), "claude"));
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

  private HttpResponse<String> ask(boolean streaming, JsonArray candidates) throws Exception {
    JsonObject body =
        new JsonObject()
            .put(
                "messages",
                JsonArray.of(new JsonObject().put("role", "user").put("content", "Draw a dot.")))
            .put("modalities", JsonArray.of("image", "text"))
            .put("stream", streaming)
            .put("relay", new JsonObject().put("candidates", candidates));
    return post(body);
  }

  private HttpResponse<String> post(JsonObject body) throws Exception {
    return post("/v1/chat/completions", body);
  }

  private HttpResponse<String> post(String path, JsonObject body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .POST(HttpRequest.BodyPublishers.ofString(body.encode()))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** Returns the URLs of the images of an answer that ended well. */
  private static List<String> images(HttpResponse<String> response, boolean streaming) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(response.body()).doesNotContain("\"error\"").contains("\"finish_reason\":\"stop\"");
    List<JsonObject> choices =
        streaming
            ? events(response.body()).stream()
                .map(event -> event.getJsonArray("choices").getJsonObject(0).getJsonObject("delta"))
                .toList()
            : List.of(
                new JsonObject(response.body())
                    .getJsonArray("choices")
                    .getJsonObject(0)
                    .getJsonObject("message"));
    return choices.stream()
        .flatMap(message -> message.getJsonArray("images", new JsonArray()).stream())
        .map(image -> ((JsonObject) image).getJsonObject("image_url").getString("url"))
        .toList();
  }

  @ParameterizedTest
  @CsvSource({"google, true", "google, false", "router, true", "router, false"})
  void areContent(String backend, boolean streaming) throws Exception {
    sandbox.script(backend, Scenario.of("model-images-2"));
    HttpResponse<String> response = ask(streaming, JsonArray.of(backend));
    assertThat(images(response, streaming))
        .hasSize(2)
        .allSatisfy(url -> assertThat(url).startsWith(PNG + "iVBORw0KGgo"));
  }

  @ParameterizedTest
  @CsvSource({"google, true", "google, false", "router, true", "router, false"})
  void mayBeLongerThanOtherEvents(String backend, boolean streaming) throws Exception {
    String data = "A".repeat(3_000_000);
    String event =
        backend.equals("google")
            ? "{'candidates':[{'content':{'parts':[{'inlineData':{'mimeType':'image/png',"
                + "'data':'%s'}}]},'finishReason':'STOP'}]}"
            : "{'choices':[{'index':0,'delta':{'images':[{'type':'image_url','image_url':"
                + "{'url':'data:image/png;base64,%s'}}]},'finish_reason':'stop'}]}";
    String body = "data: " + event.replace('\'', '"').formatted(data) + "\n\n";
    sandbox.script(
        backend,
        Scenario.http(
            200, "text/event-stream", backend.equals("google") ? body : body + "data: [DONE]\n\n"));
    assertThat(images(ask(streaming, JsonArray.of(backend)), streaming))
        .containsExactly(PNG + data);
  }

  @Test
  void areNotAskedOfOneThatHasNone() throws Exception {
    sandbox.script("google", Scenario.of("model-images-1"));
    HttpResponse<String> response = ask(true, JsonArray.of("claude", "google"));
    assertThat(response.headers().firstValue("x-relay-backend")).contains("google");
    assertThat(sandbox.calls("claude")).isEmpty();
    assertThat(
            sandbox
                .calls("google")
                .get(0)
                .body()
                .getJsonObject("generationConfig")
                .getJsonArray("responseModalities"))
        .containsExactly("TEXT", "IMAGE");
    assertThat(images(response, true)).hasSize(1);
  }

  @Test
  void arePassedOnAfterText() throws Exception {
    sandbox.script("router", Scenario.of("model-images-1").text("Here it is."));
    HttpResponse<String> response = ask(false, JsonArray.of("router"));
    assertThat(images(response, false)).hasSize(1);
    assertThat(response.body()).contains("\"content\":\"Here it is.\"");
  }

  /** Gemini's answer: a text and two images, each part with a signature. */
  private static final String SIGNED =
      """
      {"candidates":[{"content":{"role":"model","parts":[
        {"text":"Two dots.","thoughtSignature":"c2lnLXRleHQ="},
        {"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgoB"},"thoughtSignature":"c2lnLTE="},
        {"inlineData":{"mimeType":"image/jpeg","data":"/9j/4AAB"},"thoughtSignature":"c2lnLTI="}
      ]},"finishReason":"STOP"}]}
      """;

  /** Returns the assistant's message of an answer, as a client puts it into the next request. */
  private JsonObject answer(boolean streaming) throws Exception {
    sandbox.script(
        "google",
        Scenario.http(200, "text/event-stream", "data: " + SIGNED.replace("\n", "") + "\n\n"));
    HttpResponse<String> response = ask(streaming, JsonArray.of("google"));
    if (!streaming) {
      return new JsonObject(response.body())
          .getJsonArray("choices")
          .getJsonObject(0)
          .getJsonObject("message");
    }
    JsonObject message = new JsonObject().put("role", "assistant").put("content", "");
    JsonArray images = new JsonArray();
    JsonArray details = new JsonArray();
    for (JsonObject event : events(response.body())) {
      JsonObject delta = event.getJsonArray("choices").getJsonObject(0).getJsonObject("delta");
      message.put("content", message.getString("content") + delta.getString("content", ""));
      images.addAll(delta.getJsonArray("images", new JsonArray()));
      details.addAll(delta.getJsonArray("reasoning_details", new JsonArray()));
    }
    return message.put("images", images).put("reasoning_details", details);
  }

  private HttpResponse<String> goOn(JsonObject answer, String backend) throws Exception {
    sandbox.script(backend, Scenario.ok());
    JsonArray messages =
        JsonArray.of(
            new JsonObject().put("role", "user").put("content", "Draw two dots."),
            answer,
            new JsonObject().put("role", "user").put("content", "Make them bigger."));
    return post(
        new JsonObject()
            .put("messages", messages)
            .put("relay", new JsonObject().put("candidates", JsonArray.of(backend))));
  }

  private JsonObject lastBody(String backend) {
    return sandbox.calls(backend).get(sandbox.calls(backend).size() - 1).body();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void goBackToGeminiWithTheirSignatures(boolean streaming) throws Exception {
    JsonObject answer = answer(streaming);

    HttpResponse<String> response = goOn(answer, "google");

    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(response.headers().firstValue("x-relay-warning")).isEmpty();
    JsonArray contents = lastBody("google").getJsonArray("contents");
    assertThat(contents).hasSize(3);
    assertThat(contents.getJsonObject(1).getJsonArray("parts"))
        .isEqualTo(
            new JsonObject(SIGNED)
                .getJsonArray("candidates")
                .getJsonObject(0)
                .getJsonObject("content")
                .getJsonArray("parts"));
  }

  @Test
  void goBackWithAPlaceholderForASignatureThatIsLost() throws Exception {
    JsonObject answer = answer(true);
    answer.remove("reasoning_details");
    answer.putNull("content");

    assertThat(goOn(answer, "google").statusCode()).isEqualTo(200);

    JsonArray parts =
        lastBody("google").getJsonArray("contents").getJsonObject(1).getJsonArray("parts");
    assertThat(parts).hasSize(2);
    assertThat(parts.getJsonObject(0).getJsonObject("inlineData").getString("data"))
        .isEqualTo("iVBORw0KGgoB");
    assertThat(parts.getJsonObject(0).getString("thoughtSignature"))
        .isEqualTo("skip_thought_signature_validator");
  }

  @Test
  void goBackToARouterAsTheyCame() throws Exception {
    JsonObject answer = answer(true);

    HttpResponse<String> response = goOn(answer, "router");

    assertThat(response.headers().firstValue("x-relay-warning").orElse(""))
        .doesNotContain("images");
    assertThat(lastBody("router").getJsonArray("messages").getJsonObject(1).getJsonArray("images"))
        .isEqualTo(answer.getJsonArray("images"));
  }

  @Test
  void areLeftOutWithAWarningElsewhere() throws Exception {
    HttpResponse<String> response = goOn(answer(true), "claude");

    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(response.headers().firstValue("x-relay-warning").orElseThrow())
        .contains("messages[].images");
    assertThat(lastBody("claude").encode()).doesNotContain("iVBORw0KGgoB");
  }

  /** The client of the Responses API gets the images as items, which it sends back as input. */
  @Test
  void goBackToGeminiFromTheResponsesApi() throws Exception {
    sandbox.script(
        "google",
        Scenario.http(200, "text/event-stream", "data: " + SIGNED.replace("\n", "") + "\n\n"));
    JsonObject request =
        new JsonObject()
            .put("input", "Draw two dots.")
            .put("relay", new JsonObject().put("candidates", JsonArray.of("google")));
    HttpResponse<String> first = post("/v1/responses", request);
    assertThat(first.statusCode()).as(first.body()).isEqualTo(200);
    JsonArray input =
        JsonArray.of(new JsonObject().put("role", "user").put("content", "Draw two dots."))
            .addAll(new JsonObject(first.body()).getJsonArray("output"))
            .add(new JsonObject().put("role", "user").put("content", "Make them bigger."));
    sandbox.script("google", Scenario.ok());

    HttpResponse<String> second = post("/v1/responses", request.copy().put("input", input));

    assertThat(second.statusCode()).as(second.body()).isEqualTo(200);
    assertThat(second.headers().firstValue("x-relay-warning")).isEmpty();
    assertThat(lastBody("google").getJsonArray("contents").getJsonObject(1).getJsonArray("parts"))
        .isEqualTo(
            new JsonObject(SIGNED)
                .getJsonArray("candidates")
                .getJsonObject(0)
                .getJsonObject("content")
                .getJsonArray("parts"));
  }
}
