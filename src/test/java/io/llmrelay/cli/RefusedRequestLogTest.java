package io.llmrelay.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.RelayVerticle;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.GatewayKeyOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.LoggingOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.gateway.HttpFixture;
import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.RelayListener;
import io.llmrelay.observe.impl.RequestLog;
import io.llmrelay.sandbox.Sandbox;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The log of requests that the gateway refuses. */
class RefusedRequestLogTest extends HttpFixture {
  private static final String KEY = "caller-key-0123456789";
  private static final String WRONG_KEY = "wrong-key-0123456789";
  private static final String SPENT_KEY = "spent-key-0123456789";
  private static final String PROMPT = "a secret prompt";
  private static final Logger LOGGER = Logger.getLogger(RequestLog.NAME);

  private final HttpClient client = HttpClient.newHttpClient();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final LogWriter writer = new LogWriter(out, new JsonLogFormat());
  private final List<RelayEvent.RequestRefused> events = new CopyOnWriteArrayList<>();

  @BeforeEach
  void addHandler() {
    LOGGER.setUseParentHandlers(false);
    LOGGER.addHandler(writer);
  }

  @AfterEach
  void removeHandler() {
    LOGGER.removeHandler(writer);
    writer.close();
    LOGGER.setUseParentHandlers(true);
  }

  private void start(boolean requests) {
    RelayOptions options =
        new RelayOptions()
            .setLogging(new LoggingOptions().setRequests(requests))
            .setGateway(
                new GatewayOptions()
                    .setPort(0)
                    .setMaxBody(10_000)
                    .addKey("my-app", new GatewayKeyOptions().setKey(KEY))
                    .addKey(
                        "batch", new GatewayKeyOptions().setKey(SPENT_KEY).setRequestsPerMinute(1)))
            .addBackend(
                "primary",
                new BackendOptions()
                    .setDialect("openai")
                    .setBaseUrl(Sandbox.start(vertx).await().backend("primary"))
                    .setDefaultModel("mock-model"));
    RelayVerticle relay =
        new RelayVerticle(options)
            .addListener(
                new RelayListener() {
                  @Override
                  public void onRequestRefused(RelayEvent.RequestRefused event) {
                    events.add(event);
                  }
                });
    vertx.deployVerticle(relay).await();
    port = relay.gatewayPort();
  }

  private HttpResponse<String> post(String path, String key, String body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .header("authorization", "Bearer " + key)
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  private List<JsonObject> lines() {
    writer.flush();
    return out.toString(StandardCharsets.UTF_8).lines().map(JsonObject::new).toList();
  }

  private static JsonObject line(
      HttpResponse<String> response, String key, String front, String reason, String field) {
    JsonObject line =
        new JsonObject()
            .put("level", response.statusCode() < 500 ? "info" : "warning")
            .put("logger", RequestLog.NAME)
            .put("event", "request_refused")
            .put("request_id", response.headers().firstValue("x-request-id").orElseThrow());
    if (key != null) {
      line.put("key", key);
    }
    line.put("front", front).put("status", response.statusCode()).put("reason", reason);
    return field == null ? line : line.put("field", field);
  }

  @Test
  void aLineSaysWhoWasRefusedAndWhy() throws Exception {
    start(true);
    String chat = "/v1/chat/completions";
    String messages = "/v1/messages";
    String prompt = completionRequest().encode().replace("Hi", PROMPT);
    assertThat(post(chat, SPENT_KEY, prompt).statusCode()).isEqualTo(200);
    List<JsonObject> expected = new ArrayList<>();

    HttpResponse<String> response = post(chat, KEY, "{\"messages\": " + PROMPT);
    assertThat(response.statusCode()).isEqualTo(400);
    expected.add(line(response, "my-app", chat, "invalid_json", null));

    response = post(chat, WRONG_KEY, prompt);
    assertThat(response.statusCode()).isEqualTo(401);
    expected.add(line(response, null, chat, "invalid_api_key", null));

    response = post(messages, SPENT_KEY, prompt);
    assertThat(response.statusCode()).isEqualTo(429);
    expected.add(line(response, "batch", messages, "rate_limited", null));

    response = post("/v1/responses", KEY, PROMPT.repeat(1_000));
    assertThat(response.statusCode()).isEqualTo(413);
    expected.add(line(response, "my-app", "/v1/responses", "request_too_large", null));

    response = post(chat, KEY, prompt.replace("\"user\"", "\"" + PROMPT + "\""));
    assertThat(response.statusCode()).isEqualTo(400);
    expected.add(line(response, "my-app", chat, "invalid_request", "messages[0].role"));

    response = post(messages, KEY, prompt);
    assertThat(response.statusCode()).isEqualTo(400);
    expected.add(line(response, "my-app", messages, "invalid_request", "max_tokens"));

    response = post("/v1/embeddings", KEY, "{\"model\": \"m\"}");
    assertThat(response.statusCode()).isEqualTo(400);
    expected.add(line(response, "my-app", "/v1/embeddings", "invalid_request", "input"));

    response = post(chat, KEY, prompt.replace("mock-model", "primary/none such"));
    assertThat(response.statusCode()).isEqualTo(200); // Its line is that of a request.

    await().until(() -> events.size() == expected.size());
    await().until(() -> lines().size() == expected.size() + 2);
    List<JsonObject> refused = lines().stream().filter(line -> line.containsKey("status")).toList();
    refused.forEach(line -> assertThat(line.remove("time")).isNotNull());
    assertThat(refused).isEqualTo(expected);
    assertThat(out.toString(StandardCharsets.UTF_8))
        .doesNotContain(KEY, WRONG_KEY, SPENT_KEY, PROMPT);
    assertThat(events)
        .extracting(RelayEvent.RequestRefused::requestId)
        .containsExactlyElementsOf(
            refused.stream().map(line -> line.getString("request_id")).toList());
  }

  @Test
  void aRequestWhoseHeadCannotBeParsedHasALine() throws Exception {
    start(true);
    try (Socket socket = connect()) {
      write(socket, "GET " + "/x".repeat(5_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
      readUntil(socket, "url_too_long");
    }
    await().until(() -> events.size() == 1);
    assertThat(lines())
        .singleElement()
        .satisfies(
            line -> {
              assertThat(line.getString("reason")).isEqualTo("url_too_long");
              assertThat(line.getInteger("status")).isEqualTo(414);
            });
  }

  @Test
  void noLinesWithoutThoseOfRequests() throws Exception {
    start(false);
    assertThat(post("/v1/chat/completions", WRONG_KEY, "{}").statusCode()).isEqualTo(401);
    await().until(() -> events.size() == 1);
    assertThat(lines()).isEmpty();
  }
}
