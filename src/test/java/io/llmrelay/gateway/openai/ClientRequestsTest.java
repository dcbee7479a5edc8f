package io.llmrelay.gateway.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Documents;
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
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The requests that clients send by default, in {@code clients.json}: for each the first turn, the
 * turn with the result of a tool, and others. Backends of three dialects serve them, and what a
 * dialect leaves out is in the table of docs/clients.md.
 */
class ClientRequestsTest extends HttpFixture {
  private static final List<JsonObject> CLIENTS = read();

  /** The fields that are not worth a word. */
  private static final Set<String> COMMON =
      Set.of("messages", "model", "stream", "role", "content", "tool_calls", "tool_call_id");

  private static final List<String> MODELS =
      List.of("compatible/m", "claude/claude-sonnet-4-5", "google/gemini-3-pro");

  private final HttpClient client = HttpClient.newHttpClient();

  private static List<JsonObject> read() {
    try (InputStream in = ClientRequestsTest.class.getResourceAsStream("clients.json")) {
      return new JsonArray(new String(in.readAllBytes(), UTF_8))
          .stream().map(JsonObject.class::cast).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Stream<String> clients() {
    return CLIENTS.stream().map(each -> each.getString("client"));
  }

  @BeforeEach
  public void start() {
    Sandbox sandbox = Sandbox.start(vertx).await();
    RelayOptions options =
        new RelayOptions()
            .addBackend("compatible", backend("openai", sandbox.backend("compatible"), "m"))
            .addBackend(
                "claude",
                backend("anthropic", sandbox.anthropicBackend("claude"), "claude-sonnet-4-5"))
            .addBackend(
                "google", backend("gemini", sandbox.backend("gemini", "google"), "gemini-3-pro"));
    for (String backend : options.getBackends().keySet()) {
      sandbox.script(backend, Scenario.of("tool-loop"));
    }
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

  private HttpResponse<String> send(JsonObject request, String model) {
    JsonObject body = new JsonObject().put("model", model).mergeIn(request);
    try {
      return client.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/chat/completions"))
              .POST(HttpRequest.BodyPublishers.ofString(body.encode()))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static Stream<JsonObject> requests(JsonObject client) {
    return client.getJsonArray("requests").stream().map(JsonObject.class::cast);
  }

  @ParameterizedTest
  @MethodSource("clients")
  void areServedInEveryDialect(String name) {
    JsonObject of =
        CLIENTS.stream().filter(each -> each.getString("client").equals(name)).findFirst().get();
    for (String model : MODELS) {
      requests(of)
          .forEach(
              request -> {
                HttpResponse<String> response = send(request, model);
                String told = model + " " + request.encode() + " " + response.body();
                assertThat(response.statusCode()).as(told).isEqualTo(200);
                assertThat(response.body()).as(told).doesNotContain("\"error\"");
                assertThat(response.headers().firstValue("x-relay-backend"))
                    .contains(model.substring(0, model.indexOf('/')));
                assertThat(response.body())
                    .as(told)
                    .containsPattern("\"finish_reason\":\"" + finish(request));
              });
    }
  }

  /** Returns why the answer ends: with a call, or with a text if there is a result already. */
  private static String finish(JsonObject request) {
    JsonArray messages = request.getJsonArray("messages");
    String last = messages.getJsonObject(messages.size() - 1).getString("role");
    if (!request.containsKey("tools") || last.equals("tool")) {
      return "stop";
    }
    // Whether a user's message after the result counts as one of another turn depends on the
    // dialect.
    return messages.encode().contains("tool_call_id") ? "(stop|tool_calls)" : "tool_calls";
  }

  @Test
  void whatIsLeftOutIsDocumented() throws IOException {
    StringBuilder table =
        new StringBuilder("| client | version | fields | `anthropic` | `gemini` |\n")
            .append("|---|---|---|---|---|\n");
    for (JsonObject each : CLIENTS) {
      assertThat(warnings(each, MODELS.get(0))).as(each.getString("client")).isEmpty();
      table
          .append("| " + each.getString("client") + " | " + each.getString("version"))
          .append(" | " + fields(each))
          .append(" | " + warnings(each, MODELS.get(1)))
          .append(" | " + warnings(each, MODELS.get(2)))
          .append(" |\n");
    }
    Documents.holdReference("docs/clients.md", "clients", table.toString());
  }

  private String warnings(JsonObject of, String model) {
    Set<String> warnings = new LinkedHashSet<>();
    requests(of)
        .forEach(
            request ->
                send(request, model)
                    .headers()
                    .firstValue("x-relay-warning")
                    .ifPresent(warning -> warnings.addAll(List.of(warning.split("; ")))));
    return String.join("; ", warnings);
  }

  private static String fields(JsonObject of) {
    Set<String> fields = new TreeSet<>();
    Set<String> ofMessages = new TreeSet<>();
    requests(of)
        .forEach(
            request -> {
              fields.addAll(request.fieldNames());
              for (Object each : request.getJsonArray("messages")) {
                ((JsonObject) each)
                    .forEach(
                        field -> {
                          if (field.getValue() != null) {
                            ofMessages.add(field.getKey());
                          }
                        });
              }
            });
    String own = words(fields);
    String inMessages = words(ofMessages);
    return inMessages.isEmpty() ? own : own + "; in messages " + inMessages;
  }

  private static String words(Set<String> fields) {
    return fields.stream()
        .filter(field -> !COMMON.contains(field))
        .map(field -> "`" + field + "`")
        .collect(Collectors.joining(", "));
  }
}
