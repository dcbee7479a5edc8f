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
import io.llmrelay.sandbox.Sandbox;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;

/** A gateway in front of sandbox backends of several dialects, asked in Anthropic's API. */
abstract class MessagesFixture extends HttpFixture {
  static final String TOOLS =
      """
      [{"name": "weather", "description": "Weather of a city", "input_schema": {"type": "object",
        "properties": {"city": {"type": "string"}}, "required": ["city"]}},
       {"name": "clock", "input_schema": {"type": "object",
        "properties": {"zone": {"type": "string"}}}}]
      """;

  final HttpClient client = HttpClient.newHttpClient();
  Sandbox sandbox;

  @BeforeEach
  public void start() {
    sandbox = Sandbox.start(vertx).await();
    RelayOptions options =
        new RelayOptions()
            .addBackend("broken", backend("openai", sandbox.backend("broken"), "m"))
            .addBackend(
                "claude",
                backend("anthropic", sandbox.anthropicBackend("claude"), "claude-sonnet-4-5"))
            .addBackend(
                "google", backend("gemini", sandbox.backend("gemini", "google"), "gemini-3-pro"))
            .addBackend("compatible", backend("openai", sandbox.backend("compatible"), "m"));
    vertx.deployVerticle(new RelayVerticle(options)).await();
    GatewayVerticle gateway = new GatewayVerticle(gateway(), LlmRelay.create(vertx));
    vertx.deployVerticle(gateway).await();
    port = gateway.actualPort();
  }

  GatewayOptions gateway() {
    return new GatewayOptions().setPort(0);
  }

  private static BackendOptions backend(String dialect, String url, String model) {
    return new BackendOptions()
        .setDialect(dialect)
        .setBaseUrl(url)
        .setApiKey("k")
        .setModels(List.of(model));
  }

  /** A request to some backends, in this order. */
  static JsonObject request(String... backends) {
    return new JsonObject()
        .put("model", "any")
        .put("max_tokens", 8000)
        .put("messages", new JsonArray().add(user("Hi")))
        .put("relay", new JsonObject().put("candidates", new JsonArray(List.of(backends))));
  }

  static JsonObject user(Object content) {
    return new JsonObject().put("role", "user").put("content", content);
  }

  HttpRequest.Builder messages(JsonObject body) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/messages"))
        .header("anthropic-version", "2023-06-01")
        .POST(BodyPublishers.ofString(body.encode()));
  }

  HttpResponse<String> post(JsonObject body) throws Exception {
    return client.send(messages(body).build(), BodyHandlers.ofString());
  }

  /** The events of a stream, each checked against the vendor's schema and the order of the API. */
  List<JsonObject> stream(JsonObject body) throws Exception {
    HttpResponse<String> response = post(body.copy().put("stream", true));
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type"))
        .hasValueSatisfying(type -> assertThat(type).startsWith("text/event-stream"));
    List<JsonObject> events = new ArrayList<>();
    String name = null;
    for (String line : response.body().split("\n")) {
      if (line.startsWith("event: ")) {
        name = line.substring("event: ".length());
      } else if (line.startsWith("data: ")) {
        JsonObject event = new JsonObject(line.substring("data: ".length()));
        assertThat(event.getString("type")).isEqualTo(name);
        if (!name.equals("ping")) {
          events.add(event);
        }
      } else {
        assertThat(line).isEmpty();
      }
    }
    assertOrder(events);
    return events;
  }

  private static void assertOrder(List<JsonObject> events) {
    assertThat(events.get(0).getString("type")).isEqualTo("message_start");
    int last = -1;
    boolean open = false;
    for (JsonObject event : events) {
      switch (event.getString("type")) {
        case "content_block_start" -> {
          assertThat(open).isFalse();
          open = true;
          assertThat(event.getInteger("index")).isEqualTo(++last);
        }
        case "content_block_delta" -> {
          assertThat(open).isTrue();
          assertThat(event.getInteger("index")).isEqualTo(last);
        }
        case "content_block_stop" -> {
          assertThat(open).isTrue();
          assertThat(event.getInteger("index")).isEqualTo(last);
          open = false;
        }
        default -> assertThat(open).isFalse();
      }
    }
    int size = events.size();
    assertThat(events.get(size - 2).getString("type")).isEqualTo("message_delta");
    assertThat(events.get(size - 1).getString("type")).isEqualTo("message_stop");
  }

  /** Checks events that the gateway has made against the vendor's schema. */
  static void assertValid(List<JsonObject> events) {
    VendorSchema schema = VendorSchema.of("anthropic", "MessagesStreamEvent");
    events.forEach(event -> schema.assertValid(event.toBuffer()));
  }

  static JsonObject accumulated(List<JsonObject> events) {
    MessageAccumulator message = new MessageAccumulator();
    events.forEach(message::add);
    return message.toJson();
  }

  JsonObject generate(JsonObject body) throws Exception {
    HttpResponse<String> response = post(body);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return new JsonObject(response.body());
  }
}
