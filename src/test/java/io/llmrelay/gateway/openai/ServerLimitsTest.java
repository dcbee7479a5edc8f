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
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a known server, or one model of it, does not support leaves it out of the plan, with the
 * reason, and it is not asked.
 */
class ServerLimitsTest extends HttpFixture {
  private static final String FORMAT =
      "'response_format': {'type': 'json_schema', 'json_schema': {'name': 'a', 'schema':"
          + " {'type': 'object', 'properties': {}, 'additionalProperties': false}}}";
  private static final String TOOLS =
      "'tools': [{'type': 'function', 'function': {'name': 'f', 'parameters':"
          + " {'type': 'object', 'properties': {}}}}]";
  private static final String TEXT = "'messages': [{'role': 'user', 'content': 'Hi'}]";
  private static final String SYSTEM =
      "'messages': [{'role': 'system', 'content': 'Be short.'}, {'role': 'user', 'content': 'Hi'}]";
  private static final String IMAGE =
      "'messages': [{'role': 'user', 'content': [{'type': 'image_url', 'image_url':"
          + " {'url': 'data:image/png;base64,iVBORw0KGgo='}}]}]";

  private final HttpClient client = HttpClient.newHttpClient();
  private Sandbox sandbox;

  @BeforeEach
  public void start() {
    sandbox =
        Sandbox.start(vertx)
            .await()
            .provider("deepseek", "deepseek")
            .provider("groq", "groq")
            .provider("mistral", "mistral");
    RelayOptions options = new RelayOptions();
    for (String server : List.of("deepseek", "groq", "mistral", "able")) {
      options.addBackend(
          server,
          backend(
                  "openai",
                  sandbox.backend(server),
                  List.of(server.equals("deepseek") ? "deepseek-v4-pro" : "m"))
              .setProvider(server.equals("able") ? null : server));
    }
    options.addBackend(
        "google",
        backend(
            "gemini",
            sandbox.backend("gemini", "google"),
            List.of("gemini-2.5-flash", "gemini-3-flash", "gemma-3-27b-it")));
    vertx.deployVerticle(new RelayVerticle(options)).await();
    GatewayVerticle gateway =
        new GatewayVerticle(new GatewayOptions().setPort(0), LlmRelay.create(vertx));
    vertx.deployVerticle(gateway).await();
    port = gateway.actualPort();
  }

  private static BackendOptions backend(String dialect, String url, List<String> models) {
    return new BackendOptions()
        .setDialect(dialect)
        .setBaseUrl(url)
        .setApiKey("k")
        .setModels(models);
  }

  private HttpResponse<String> ask(String candidate, String fields) throws Exception {
    JsonObject body =
        new JsonObject("{" + fields.replace('\'', '"') + "}")
            .put("stream", true)
            .put("relay", new JsonObject().put("candidates", JsonArray.of(candidate, "able/m")));
    return client.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/chat/completions"))
            .POST(HttpRequest.BodyPublishers.ofString(body.encode()))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static String fields(String need) {
    return switch (need) {
      case "format" -> TEXT + ", " + FORMAT;
      case "image" -> IMAGE;
      case "both" -> TEXT + ", " + FORMAT + ", " + TOOLS;
      case "search" -> TEXT + ", 'web_search_options': {}";
      case "tools" -> TEXT + ", " + TOOLS;
      case "forced" -> TEXT + ", 'tool_choice': 'required', " + TOOLS;
      case "system" -> SYSTEM;
      default -> throw new IllegalArgumentException(need);
    };
  }

  @ParameterizedTest
  @CsvSource({
    "deepseek, deepseek/deepseek-v4-pro, format, json_schema is not supported",
    "deepseek, deepseek/deepseek-v4-pro, image, images is not supported",
    "groq, groq/m, both, together with tools",
    "groq, groq/m, search, web_search_options is not supported",
    "mistral, mistral/m, search, web_search_options is not supported",
    "google, google/gemini-2.5-flash, both, together with tools",
    "google, google/gemma-3-27b-it, tools, no tools",
    "google, google/gemma-3-27b-it, system, no system messages"
  })
  void leaveOutACandidate(String server, String candidate, String need, String reason)
      throws Exception {
    HttpResponse<String> response = ask(candidate, fields(need));
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(response.headers().firstValue("x-relay-backend")).contains("able");
    assertThat(response.headers().firstValue("x-relay-attempts")).contains("1");
    assertThat(sandbox.calls(server)).isEmpty();
    JsonObject request = new JsonObject("{" + fields(need).replace('\'', '"') + "}");
    request.put("relay", new JsonObject().put("candidates", JsonArray.of(candidate)));
    assertThat(plan(request)).contains(reason);
  }

  /** Returns the plan of a request, from the bus. */
  private String plan(JsonObject request) {
    return vertx.eventBus().request("llm.plan", request).await().body().toString();
  }

  @ParameterizedTest
  @CsvSource({
    "deepseek/deepseek-v4-pro, tools",
    "deepseek/deepseek-v4-pro, forced",
    "groq/m, format",
    "groq/m, tools",
    "google/gemini-2.5-flash, format",
    "google/gemini-2.5-flash, tools",
    "google/gemini-3-flash, both",
    "mistral/m, both"
  })
  void leaveInTheOthers(String candidate, String need) throws Exception {
    HttpResponse<String> response = ask(candidate, fields(need));
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(response.headers().firstValue("x-relay-backend"))
        .contains(candidate.substring(0, candidate.indexOf('/')));
    assertThat(response.headers().firstValue("x-relay-attempts")).contains("1");
  }
}
