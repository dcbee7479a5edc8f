package io.llmrelay.gateway.responses;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.LlmRelay;
import io.llmrelay.RelayVerticle;
import io.llmrelay.VendorSchemas;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.gateway.GatewayVerticle;
import io.llmrelay.gateway.HttpFixture;
import io.llmrelay.sandbox.Sandbox;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;

/** A gateway in front of sandbox backends of several dialects, asked in the Responses API. */
abstract class ResponsesFixture extends HttpFixture {
  static final String TOOLS =
      """
      [{"type": "function", "name": "weather", "description": "Weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}},
          "required": ["city"]}},
       {"type": "function", "name": "clock", "parameters": {"type": "object", "properties": {}}}]
      """;

  final HttpClient client = HttpClient.newHttpClient();
  Sandbox sandbox;
  String baseUrl;

  @BeforeEach
  public void start() {
    sandbox = Sandbox.start(vertx).await();
    RelayOptions options =
        new RelayOptions()
            .addBackend("own", backend("openai-responses", "own", "gpt-5"))
            .addBackend("claude", backend("anthropic", "claude", "claude-sonnet-4-5"))
            .addBackend("google", backend("gemini", "google", "gemini-3-pro"))
            .addBackend("compatible", backend("openai", "compatible", "m"));
    vertx.deployVerticle(new RelayVerticle(options)).await();
    GatewayVerticle gateway =
        new GatewayVerticle(new GatewayOptions().setPort(0), LlmRelay.create(vertx));
    vertx.deployVerticle(gateway).await();
    port = gateway.actualPort();
    baseUrl = "http://127.0.0.1:" + port + "/v1";
  }

  private BackendOptions backend(String dialect, String name, String model) {
    return new BackendOptions()
        .setDialect(dialect)
        .setBaseUrl(sandbox.backend(dialect, name))
        .setApiKey("sk-relay-own-key")
        .setModels(List.of(model));
  }

  /** A request to some backends, in this order. */
  static JsonObject request(String... backends) {
    return new JsonObject()
        .put("model", "any")
        .put("input", JsonArray.of(user("Hi")))
        .put("relay", new JsonObject().put("candidates", new JsonArray(List.of(backends))));
  }

  static JsonObject user(Object content) {
    return new JsonObject().put("type", "message").put("role", "user").put("content", content);
  }

  HttpResponse<String> post(JsonObject body) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(baseUrl + "/responses"));
    return client.send(
        request.POST(BodyPublishers.ofString(body.encode())).build(), BodyHandlers.ofString());
  }

  JsonObject generate(JsonObject body) throws Exception {
    HttpResponse<String> response = post(body);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return new JsonObject(response.body());
  }

  /** The body of the error with a status. */
  JsonObject error(int status, JsonObject body) throws Exception {
    HttpResponse<String> response = post(body);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    return new JsonObject(response.body()).getJsonObject("error");
  }

  /** The events of a stream, which are in the order of the API. */
  List<JsonObject> stream(JsonObject body) throws Exception {
    HttpResponse<String> response = post(body.copy().put("stream", true));
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    List<JsonObject> events = named(response.body());
    assertOrder(events);
    return events;
  }

  /** The events of a body, each of which is named by its type and numbered. */
  static List<JsonObject> named(String body) {
    List<JsonObject> events = new ArrayList<>();
    String name = null;
    for (String line : body.split("\n")) {
      if (line.startsWith("event: ")) {
        name = line.substring("event: ".length());
      } else if (line.startsWith("data: ")) {
        JsonObject event = new JsonObject(line.substring("data: ".length()));
        assertThat(event.getString("type")).isEqualTo(name);
        assertThat(event.getInteger("sequence_number")).isEqualTo(events.size());
        events.add(event);
      } else {
        assertThat(line).isEmpty();
      }
    }
    return events;
  }

  private static void assertOrder(List<JsonObject> events) {
    assertThat(type(events.get(0))).isEqualTo("response.created");
    assertThat(type(events.get(1))).isEqualTo("response.in_progress");
    JsonArray output = new JsonArray();
    Set<String> parts = new HashSet<>();
    JsonObject open = null;
    for (JsonObject event : events.subList(2, events.size() - 1)) {
      switch (type(event)) {
        case "response.output_item.added" -> {
          assertThat(open).isNull();
          open = event.getJsonObject("item");
          assertThat(event.getInteger("output_index")).isEqualTo(output.size());
        }
        case "response.output_item.done" -> {
          assertThat(parts).isEmpty();
          assertThat(event.getJsonObject("item").getString("id")).isEqualTo(open.getString("id"));
          output.add(event.getJsonObject("item"));
          open = null;
        }
        case "response.content_part.added", "response.reasoning_summary_part.added" ->
            assertThat(parts.add(part(event))).isTrue();
        case "response.content_part.done", "response.reasoning_summary_part.done" ->
            assertThat(parts.remove(part(event))).isTrue();
        default -> {
          assertThat(event.getString("item_id")).isEqualTo(open.getString("id"));
          assertThat(event.getInteger("output_index")).isEqualTo(output.size());
          if (event.containsKey("content_index") || event.containsKey("summary_index")) {
            assertThat(parts).containsExactly(part(event));
          }
        }
      }
    }
    JsonObject last = events.get(events.size() - 1).getJsonObject("response");
    assertThat(type(events.get(events.size() - 1)))
        .isEqualTo("response." + last.getString("status"));
    assertThat(last.getJsonArray("output")).isEqualTo(output);
  }

  private static String part(JsonObject event) {
    return event.getValue("content_index") + "/" + event.getValue("summary_index");
  }

  static String type(JsonObject event) {
    return event.getString("type");
  }

  /** Checks events that the gateway has made against the vendor's schema. */
  static void assertValid(List<JsonObject> events) throws IOException {
    VendorSchemas schemas = VendorSchemas.of("openai");
    for (JsonObject event : events) {
      assertThat(unrecorded(schemas.problemsByType("ResponseStreamEvent", event)))
          .as(event.encode())
          .isEmpty();
    }
  }

  /** Checks a whole answer against the vendor's schema. */
  static void assertValid(JsonObject response) throws IOException {
    assertThat(unrecorded(VendorSchemas.of("openai").problems("Response", response)))
        .as(response.encode())
        .isEmpty();
  }

  /** Recordings of the API have null where the schema has nothing. */
  private static List<String> unrecorded(List<String> problems) {
    return problems.stream()
        .filter(problem -> !problem.endsWith("/user: null is no string"))
        .filter(problem -> !problem.endsWith("/usage: null is no object"))
        .toList();
  }

  static JsonObject last(List<JsonObject> events) {
    return events.get(events.size() - 1).getJsonObject("response");
  }

  /** The text of the deltas of a type. */
  static String deltas(List<JsonObject> events, String type) {
    StringBuilder text = new StringBuilder();
    events.stream()
        .filter(event -> type(event).equals("response." + type + ".delta"))
        .forEach(event -> text.append(event.getString("delta")));
    return text.toString();
  }

  static JsonObject item(JsonObject response, int index) {
    return response.getJsonArray("output").getJsonObject(index);
  }
}
