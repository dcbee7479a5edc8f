package io.llmrelay.gateway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.RelayHints;
import io.llmrelay.chat.Timeouts;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.GatewayKeyOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.gateway.GatewayFixture;
import io.llmrelay.gateway.GatewayVerticle;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeysTest extends GatewayFixture {
  private static final String ANNE = "llmr-anne-0123456789-abcdefghij";
  private static final String BOB = "llmr-bob-0123456789-abcdefghij";
  private static final String SLOW = "llmr-slow-0123456789-abcdefghij";
  private static final String BOUND = "llmr-bound-0123456789-abcdefghij";
  private static final String ONE = "llmr-one-0123456789-abcdefghij";

  @Override
  public GatewayOptions options() {
    return super.options()
        .addKey("anne", new GatewayKeyOptions().setKey(ANNE))
        .addKey("bob", new GatewayKeyOptions().setSha256(GatewayKeyOptions.sha256(BOB)))
        .addKey("slow", new GatewayKeyOptions().setKey(SLOW).setRequestsPerMinute(1).setBurst(2))
        .addKey(
            "bound",
            new GatewayKeyOptions().setKey(BOUND).setMayOverride(List.of("candidates", "prefer")))
        .addKey("one", new GatewayKeyOptions().setKey(ONE).setMaxConcurrent(1));
  }

  @BeforeEach
  void scriptShortStream() {
    relay.script = stream -> stream.text("x").end(FinishReason.STOP, TokenUsage.NONE, null);
  }

  private HttpResponse<String> sendWithKey(String key) throws Exception {
    return send(withAuthorization("Bearer " + key, chat(streamRequest())));
  }

  private static HttpRequest.Builder withAuthorization(
      String authorization, HttpRequest.Builder request) {
    return request.header("authorization", authorization);
  }

  @Test
  void acceptsEveryKey() throws Exception {
    assertThat(sendWithKey(ANNE).statusCode()).isEqualTo(200);
    assertThat(sendWithKey(BOB).statusCode()).isEqualTo(200);
    assertThat(send(withAuthorization("bearer  " + BOB, chat(streamRequest()))).statusCode())
        .isEqualTo(200);
    assertThat(send(withAuthorization("Bearer " + BOB, request("/v1/models"))).statusCode())
        .isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Bearer llmr-anne-0123456789-abcdefghi",
        "Bearer llmr-anne-0123456789-abcdefghij x",
        "Basic llmr-anne-0123456789-abcdefghij",
        "llmr-anne-0123456789-abcdefghij"
      })
  void refusesInvalidKeys(String authorization) throws Exception {
    HttpRequest.Builder request = chat(streamRequest());
    HttpResponse<String> response =
        send(authorization.isEmpty() ? request : withAuthorization(authorization, request));

    assertThat(response.statusCode()).isEqualTo(401);
    assertThat(response.headers().firstValue("www-authenticate")).hasValue("Bearer");
    assertThat(error(response))
        .isEqualTo(
            new JsonObject(
                "{\"message\":\"send one of this gateway's keys: Authorization: Bearer KEY, or x-api-key: KEY\","
                    + "\"type\":\"invalid_request_error\",\"param\":null,"
                    + "\"code\":\"invalid_api_key\"}"));
    assertThat(relay.requests).isEmpty();
  }

  @Test
  void forbiddenOverridesAreIgnoredWithAWarning() throws Exception {
    JsonObject hints =
        new JsonObject()
            .put("timeouts", new JsonObject().put("total", "1h"))
            .put("retries", new JsonObject().put("max", 10))
            .put("candidates", List.of("primary"))
            .put("commit", "complete")
            .put("prefer", "cost");
    JsonObject body = streamRequest().put("relay", hints);

    HttpResponse<String> bound = send(withAuthorization("Bearer " + BOUND, chat(body)));

    assertThat(bound.statusCode()).isEqualTo(200);
    assertThat(bound.headers().allValues("x-relay-warning"))
        .containsExactly(
            "relay.timeouts, relay.retries, relay.commit ignored: the key may not override it; "
                + "mock-model is deprecated??x-evil: 1 ? use m2");
    RelayHints applied = relay.requests.take().relay();
    assertThat(applied.timeouts()).isEqualTo(Timeouts.UNSET);
    assertThat(applied.maxRetries()).isNull();
    assertThat(applied.commit()).isNull();
    assertThat(applied.candidates()).containsExactly("primary");
    assertThat(applied.prefer()).isEqualTo(RelayHints.Prefer.COST);

    HttpResponse<String> free = send(withAuthorization("Bearer " + ANNE, chat(body)));

    assertThat(free.headers().firstValue("x-relay-warning").orElseThrow())
        .doesNotContain("ignored");
    assertThat(relay.requests.take().relay().maxRetries()).isEqualTo(10);

    HttpResponse<String> unknown =
        send(
            withAuthorization(
                "Bearer " + BOUND,
                chat(completionRequest().put("relay", new JsonObject().put("x", 1)))));
    assertThat(unknown.statusCode()).isEqualTo(400);
    assertThat(error(unknown).getString("param")).isEqualTo("relay.x");
  }

  @Test
  void warningIsSentWithErrors() throws Exception {
    relay.generate =
        request -> Future.failedFuture(Failure.of(FailureKind.NETWORK, "gone").toException());
    JsonObject body = completionRequest().put("relay", new JsonObject().put("commit", 10));

    HttpResponse<String> response = send(withAuthorization("Bearer " + BOUND, chat(body)));

    assertThat(response.statusCode()).isEqualTo(502);
    assertThat(response.headers().firstValue("x-relay-warning"))
        .hasValue("relay.commit ignored: the key may not override it");
  }

  @Test
  void hashIsNoKey() throws Exception {
    assertThat(sendWithKey(GatewayKeyOptions.sha256(ANNE)).statusCode()).isEqualTo(401);
  }

  @Test
  void onlyHealthNeedsNoKey() throws Exception {
    for (String path :
        List.of(
            "/v1/models",
            "/v1/models/x",
            "/v1/embeddings",
            "/metrics",
            "/admin/reload",
            "/nowhere",
            "/",
            "//v1/models")) {
      assertThat(get(path).statusCode()).as(path).isEqualTo(401);
    }
    assertThat(send(request("/v1/chat/completions").GET()).statusCode()).isEqualTo(401);
    assertThat(get("/health/live").statusCode()).isEqualTo(200);
    assertThat(get("/health/ready").statusCode()).isEqualTo(200);
  }

  @Test
  void refusedBodyIsDiscardedAndTheConnectionKept() throws Exception {
    try (Socket socket = connect()) {
      write(
          socket,
          "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50000\r\n\r\n");
      assertThat(readUntil(socket, "}}")).startsWith("HTTP/1.1 401 ");
      write(socket, "x".repeat(50_000) + "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assertThat(readUntil(socket, "\r\n\r\n")).contains("200 OK");
    }
  }

  @Test
  void rateLimitHasARetryDelay() throws Exception {
    assertThat(sendWithKey(SLOW).statusCode()).isEqualTo(200);
    assertThat(sendWithKey(SLOW).statusCode()).isEqualTo(200);

    HttpResponse<String> response = sendWithKey(SLOW);

    assertThat(response.statusCode()).isEqualTo(429);
    assertThat(Integer.parseInt(response.headers().firstValue("retry-after").orElseThrow()))
        .isBetween(50, 59);
    JsonObject error = error(response);
    assertThat(error.getLong("retry_after_ms")).isBetween(50_000L, 60_000L);
    error.remove("retry_after_ms");
    assertThat(error)
        .isEqualTo(
            new JsonObject(
                "{\"message\":\"the key slow may send 1 requests a minute\","
                    + "\"type\":\"rate_limit_error\",\"param\":null,"
                    + "\"code\":\"rate_limit_exceeded\"}"));
    assertThat(sendWithKey(ANNE).statusCode()).as("another key").isEqualTo(200);
  }

  @Test
  void concurrencyLimitHoldsAcrossInstances() throws Exception {
    AccessControl access = new AccessControl(options());
    GatewayVerticle one = deploy(new GatewayVerticle(options(), relay, access, null));
    GatewayVerticle two = deploy(new GatewayVerticle(options(), relay, access, null));
    relay.script = stream -> stream.text("Hello");
    String head = "Authorization: Bearer " + ONE + "\r\n";
    port = one.actualPort();
    try (Socket running = connect()) {
      post(running, head, streamRequest());
      readUntil(running, "Hello");
      for (GatewayVerticle gateway : List.of(one, two)) {
        port = gateway.actualPort();
        HttpResponse<String> response = sendWithKey(ONE);
        assertThat(response.statusCode()).isEqualTo(429);
        assertThat(response.headers().firstValue("retry-after")).hasValue("1");
        assertThat(error(response).getString("message"))
            .isEqualTo("the key one may have 1 concurrent requests");
      }
    }
    relay.script = stream -> stream.text("x").end(FinishReason.STOP, TokenUsage.NONE, null);
    await().until(() -> sendWithKey(ONE).statusCode() == 200);
    assertThat(sendWithKey(ONE).statusCode()).as("an answer that ends makes room").isEqualTo(200);
    assertThat(send(withAuthorization("Bearer " + ONE, chat(new JsonObject()))).statusCode())
        .isEqualTo(400);
    assertThat(sendWithKey(ONE).statusCode()).as("so does a refusal").isEqualTo(200);
  }

  @Test
  void listenersGetTheKeysName() throws Exception {
    JsonObject sixteen = new JsonObject();
    for (int i = 0; i < 16; i++) {
      sixteen.put("label" + i, "x");
    }
    JsonObject body = streamRequest().put("metadata", sixteen);
    HttpResponse<String> response =
        send(withAuthorization("Bearer " + ANNE, chat(body)).header("x-request-id", "caller-1"));
    assertThat(response.statusCode()).isEqualTo(200);

    ChatRequest request = relay.requests.poll(1, TimeUnit.SECONDS);
    assertThat(request.metadata())
        .hasSize(19)
        .containsEntry("relay.consumer", "anne")
        .containsEntry("relay.front", "/v1/chat/completions")
        .containsEntry("relay.request_id", "caller-1");
    assertThat(request.toJson().encode()).doesNotContain(ANNE);
    assertThat(ChatRequest.fromJson(request.toJson()).metadata()).hasSize(19);
  }

  @Test
  void callersCannotSetTheConsumerLabel() throws Exception {
    JsonObject body =
        streamRequest()
            .put("metadata", new JsonObject().put("relay.consumer", "bob").put("x", "y"));
    HttpResponse<String> response = send(withAuthorization("Bearer " + ANNE, chat(body)));

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(error(response).getString("param")).isEqualTo("metadata.relay.consumer");
  }

  @Test
  void reloadAppliesKeysAndLimits() throws Exception {
    relay.script = stream -> stream.text("Hello");
    try (Socket running = connect()) {
      post(running, "Authorization: Bearer " + ONE + "\r\n", streamRequest());
      readUntil(running, "Hello");
      String carol = "llmr-carol-0123456789-abcdefghij";
      GatewayOptions next =
          super.options()
              .setMaxBody(10)
              .addKey("carol", new GatewayKeyOptions().setKey(carol))
              .addKey("one", new GatewayKeyOptions().setKey(ONE).setMaxConcurrent(1));

      assertThat(gateway.reload(next).await(5, TimeUnit.SECONDS)).isEmpty();

      assertThat(sendWithKey(carol).statusCode()).isEqualTo(413);
      assertThat(sendWithKey(ANNE).statusCode()).isEqualTo(401);
      assertThat(sendWithKey(ONE).statusCode()).as("its request is still running").isEqualTo(429);
      gateway.reload(next.setMaxBody(MAX_BODY)).await(5, TimeUnit.SECONDS);
      relay.streams.take().text(" and bye").end(FinishReason.STOP, TokenUsage.NONE, null);
      assertThat(readUntil(running, "[DONE]")).contains("and bye");
    }
  }

  @Test
  void reloadReportsSettingsThatNeedARestart() throws Exception {
    GatewayOptions next = options().setPort(81).setHost("0.0.0.0");

    assertThat(gateway.reload(next).await(5, TimeUnit.SECONDS))
        .containsExactly("gateway.host", "gateway.port");
  }

  @Test
  void reloadDoesNotRemoveAllKeys() throws Exception {
    GatewayOptions open = super.options();
    assertThat(gateway.reload(open).await(5, TimeUnit.SECONDS)).containsExactly("gateway.keys");
    assertThat(get("/v1/models").statusCode()).isEqualTo(401);
    GatewayVerticle everywhere = deploy(new GatewayVerticle(options().setHost("0.0.0.0"), relay));
    port = everywhere.actualPort();

    assertThat(everywhere.reload(open).await(5, TimeUnit.SECONDS))
        .containsExactly("gateway.host", "gateway.keys");

    assertThat(get("/v1/models").statusCode()).isEqualTo(401);
    assertThat(sendWithKey(ANNE).statusCode()).isEqualTo(200);
    everywhere.reload(open.setAllowAnonymous(true)).await(5, TimeUnit.SECONDS);
    assertThat(get("/v1/models").statusCode()).isEqualTo(200);
  }

  @Test
  void webPagesNeedAKeyOnLoopback() throws Exception {
    gateway.reload(super.options().setAllowAnonymous(true)).await(5, TimeUnit.SECONDS);
    for (String origin : List.of("https://evil.example", "http://127.0.0.1:" + port, "null")) {
      HttpResponse<String> response =
          send(
              request("/v1/chat/completions")
                  .header("origin", origin)
                  .header("content-type", "text/plain")
                  .POST(BodyPublishers.ofString(streamRequest().encode())));
      assertThat(response.statusCode()).isEqualTo(403);
      assertThat(error(response).getString("code")).isEqualTo("cross_site_request");
    }
    for (String site : List.of("cross-site", "same-site")) {
      HttpResponse<String> response = send(request("/v1/models").header("sec-fetch-site", site));
      assertThat(response.statusCode()).as("without an Origin header").isEqualTo(403);
      assertThat(error(response).getString("code")).isEqualTo("cross_site_request");
    }
    assertThat(relay.requests).isEmpty();
    for (String site : List.of("none", "same-origin")) {
      HttpRequest.Builder asked = request("/v1/models").header("sec-fetch-site", site);
      assertThat(send(asked).statusCode()).as(site).isEqualTo(200);
    }
    HttpRequest.Builder app = chat(streamRequest()).header("origin", "app://local");
    assertThat(send(app.header("sec-fetch-site", "cross-site")).statusCode()).isEqualTo(200);
    gateway.reload(options()).await(5, TimeUnit.SECONDS);
    HttpRequest.Builder page = chat(streamRequest()).header("origin", "https://ours.example");
    assertThat(send(withAuthorization("Bearer " + ANNE, page)).statusCode()).isEqualTo(200);
  }
}
