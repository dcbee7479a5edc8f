package io.llmrelay.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.LlmRelay;
import io.llmrelay.RelayVerticle;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.CircuitOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.Sandbox;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every front in front of every dialect: what a client sees of an answer and of a failure. */
class FrontsTest {
  private static final List<String> DIALECTS =
      List.of(
          "openai",
          "openai-responses",
          "anthropic",
          "gemini",
          "ollama",
          "bedrock",
          "cohere",
          "cloudflare");

  private static final String APOLOGY = "I'm sorry";
  private static final String FILTERED = "400: the provider's content filter stopped the answer";
  private static final String FAILED = "half, cut off: the backend failed";
  private static final String LOST =
      "a beginning, cut off: the connection was lost before the answer was complete";

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static Vertx vertx;
  private static int port;

  @BeforeAll
  static void start() {
    vertx = Vertx.vertx();
    Sandbox sandbox = Sandbox.start(vertx).await();
    RelayOptions options =
        new RelayOptions().setCircuit(new CircuitOptions().setMaxFailures(10_000));
    for (String dialect : DIALECTS) {
      options.addBackend(
          dialect,
          new BackendOptions()
              .setDialect(dialect)
              .setBaseUrl(sandbox.backend(dialect, dialect))
              .setApiKey("k"));
    }
    vertx.deployVerticle(new RelayVerticle(options)).await();
    GatewayVerticle gateway =
        new GatewayVerticle(new GatewayOptions().setPort(0), LlmRelay.create(vertx));
    vertx.deployVerticle(gateway).await();
    port = gateway.actualPort();
  }

  @AfterAll
  static void stop() {
    vertx.close().await();
  }

  /** The scenarios, and what the answer is by dialect, where a vendor's API lacks a word for it. */
  private enum Case {
    TEXT("model", Map.of(), "all, stop"),
    TOOL_CALL("tool-call", Map.of(), "nothing, tool_calls"),
    REASONING("reasoning", Map.of("cloudflare", "all, stop"), "reasoning and all, stop"),
    REFUSAL(
        "refusal",
        Map.of(
            "openai", "an apology, content_filter",
            "openai-responses", "an apology, content_filter",
            "anthropic", FILTERED,
            "gemini", FILTERED,
            "bedrock", "an apology, content_filter"),
        "an apology, stop"),
    LENGTH("length", Map.of("cloudflare", "half, stop"), "half, length"),
    FILTER(
        "content-filter",
        Map.of("ollama", "half, stop", "cloudflare", "half, stop", "cohere", FAILED),
        "half, content_filter"),
    ERROR_BEFORE("503", Map.of(), "502: the backend is overloaded"),
    ERROR_AFTER("die-after-3", Map.of(), LOST);

    private final String scenario;
    private final Map<String, String> byDialect;
    private final String otherwise;

    Case(String scenario, Map<String, String> byDialect, String otherwise) {
      this.scenario = scenario;
      this.byDialect = byDialect;
      this.otherwise = otherwise;
    }

    /**
     * Returns what a client sees: a whole answer that breaks off is an error response, and only
     * messages have a form for a refusal without words.
     */
    String expected(FrontClient front, String dialect, boolean stream) {
      String expected = byDialect.getOrDefault(dialect, otherwise);
      if (front == FrontClient.MESSAGES && expected.startsWith(FILTERED)) {
        return "nothing, content_filter";
      }
      return stream || !expected.contains("cut off: ")
          ? expected
          : "502: " + expected.substring(expected.indexOf("cut off: ") + "cut off: ".length());
    }
  }

  static List<Arguments> all() {
    List<Arguments> all = new ArrayList<>();
    for (FrontClient front : FrontClient.values()) {
      for (String dialect : DIALECTS) {
        for (Case each : Case.values()) {
          all.add(Arguments.of(front, dialect, each, true));
          all.add(Arguments.of(front, dialect, each, false));
        }
      }
    }
    return all;
  }

  @ParameterizedTest(name = "{0}, {1}, {2}, streaming {3}")
  @MethodSource("all")
  void everyFrontTellsOfEveryDialect(
      FrontClient front, String dialect, Case scenario, boolean stream) throws Exception {
    FrontClient.Answer answer = ask(front, dialect, stream, scenario);
    assertThat(seen(answer)).isEqualTo(scenario.expected(front, dialect, stream));
    if (scenario == Case.TOOL_CALL) {
      assertThat(answer.calls).hasToString(FrontClient.TOOL + "{\"city\":\"Zürich\"}");
    } else {
      assertThat(answer.calls).isEmpty();
    }
  }

  private static FrontClient.Answer ask(
      FrontClient front, String dialect, boolean stream, Case scenario) throws Exception {
    String model = dialect + "/mock-" + scenario.scenario;
    JsonObject body = front.request(model, "Weather in Rome?", scenario == Case.TOOL_CALL);
    HttpResponse<InputStream> response =
        HTTP.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + front.path))
                .POST(HttpRequest.BodyPublishers.ofString(body.put("stream", stream).encode()))
                .build(),
            HttpResponse.BodyHandlers.ofInputStream());
    return front.read(response.statusCode(), stream, response.body());
  }

  private static String seen(FrontClient.Answer answer) {
    if (answer.status != 200) {
      return answer.status + ": " + answer.error;
    }
    if (answer.cut || answer.error != null) {
      assertThat(answer.cut).as("the body is cut off after an error event").isTrue();
      return text(answer) + ", cut off: " + answer.error;
    }
    if (!answer.refusal.isEmpty()) {
      assertThat(answer.refusal).startsWith(APOLOGY);
      return "an apology, content_filter"; // Chat completions tell by the field alone.
    }
    String reasoning = answer.reasoning.isEmpty() ? "" : "reasoning and ";
    return reasoning + text(answer) + ", " + answer.finish;
  }

  private static String text(FrontClient.Answer answer) {
    String text = answer.text.toString();
    if (text.isEmpty()) {
      return "nothing";
    }
    if (text.startsWith(APOLOGY)) {
      return "an apology";
    }
    assertThat(text).startsWith("Hello, this is");
    boolean all = text.endsWith("however the bytes are cut.");
    return all ? "all" : text.length() > "Hello, this is".length() ? "half" : "a beginning";
  }
}
