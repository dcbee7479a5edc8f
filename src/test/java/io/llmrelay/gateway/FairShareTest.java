package io.llmrelay.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.Awake;
import io.llmrelay.LlmRelay;
import io.llmrelay.RelayVerticle;
import io.llmrelay.chat.Priority;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.GatewayKeyOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Keys that share the one connection of a backend, by real HTTP requests. */
class FairShareTest extends HttpFixture {
  private static final String ANNE = "key-of-anne-0123456789";
  private static final String BOB = "key-of-bob-01234567890";
  private static final String BATCH = "key-of-batch-012345678";
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  private final List<CompletableFuture<?>> sent = new ArrayList<>();
  private Sandbox sandbox;
  private RelayVerticle relay;

  @BeforeEach
  void start() {
    sandbox = Sandbox.start(vertx).await();
    RelayOptions options =
        new RelayOptions()
            .addBackend(
                "primary",
                new BackendOptions()
                    .setDialect("openai")
                    .setBaseUrl(sandbox.backend("primary"))
                    .setDefaultModel("mock-model"))
            .setGateway(
                new GatewayOptions()
                    .setPort(0)
                    .addKey("anne", new GatewayKeyOptions().setKey(ANNE))
                    .addKey("bob", new GatewayKeyOptions().setKey(BOB))
                    .addKey(
                        "batch", new GatewayKeyOptions().setKey(BATCH).setPriority(Priority.LOW)));
    limit(options.getBackends().get("primary"));
    options.getQueue().setWait(Duration.ofSeconds(30));
    relay = new RelayVerticle(options);
    vertx.deployVerticle(relay).await();
  }

  /** Limits a backend to one request at a time. */
  void limit(BackendOptions backend) {
    backend.setMaxConnections(1);
  }

  /** Returns the requests that wait, by the health of the backend. */
  int waiting(JsonObject health) {
    return health.getJsonObject("connections").getInteger("waiting");
  }

  private CompletableFuture<HttpResponse<String>> send(String key, JsonObject body) {
    URI uri = URI.create("http://127.0.0.1:" + relay.gatewayPort() + "/v1/chat/completions");
    CompletableFuture<HttpResponse<String>> answer =
        CLIENT.sendAsync(
            HttpRequest.newBuilder(uri)
                .header("authorization", "Bearer " + key)
                .POST(BodyPublishers.ofString(body.encode()))
                .build(),
            BodyHandlers.ofString());
    sent.add(answer);
    return answer;
  }

  /** Sends requests with the key as their prompt one by one, so that they queue in this order. */
  private void queue(String key, int requests) {
    JsonArray prompt = JsonArray.of(JsonObject.of("role", "user", "content", key));
    for (int i = 0; i < requests; i++) {
      int before = waiting();
      var unused = send(key, completionRequest().put("messages", prompt));
      await().until(() -> waiting() == before + 1);
    }
  }

  private int waiting() {
    return waiting(
        LlmRelay.create(vertx).health().await().getJsonArray("backends").getJsonObject(0));
  }

  /** Occupies the connection until the returned stream is closed. */
  private java.io.InputStream occupy() throws Exception {
    sandbox.script("primary", Scenario.of("model-chunks-5000-every-10"));
    URI uri = URI.create("http://127.0.0.1:" + relay.gatewayPort() + "/v1/chat/completions");
    java.io.InputStream stream =
        CLIENT
            .send(
                HttpRequest.newBuilder(uri)
                    .header("authorization", "Bearer " + ANNE)
                    .POST(BodyPublishers.ofString(streamRequest().encode()))
                    .build(),
                BodyHandlers.ofInputStream())
            .body();
    assertThat(stream.read()).isPositive();
    sandbox.script("primary", Scenario.ok());
    return stream;
  }

  private void awaitAll() {
    CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new)).join();
  }

  /** Waits for all answers, and returns the keys in the order in which the backend was asked. */
  private List<String> served() {
    awaitAll();
    return sandbox.calls("primary").stream()
        .map(call -> call.body().getJsonArray("messages").getJsonObject(0).getString("content"))
        .filter(List.of(ANNE, BOB, BATCH)::contains)
        .toList();
  }

  @Test
  void aKeyWithManyWaitingRequestsDoesNotHoldUpAnother() throws Exception {
    var stream = occupy();
    queue(ANNE, 8);
    queue(BOB, 2);
    stream.close();
    List<String> served = served();
    assertThat(served).hasSize(10);
    assertThat(served.subList(0, 6)).as("%s", served).filteredOn(BOB::equals).hasSize(2);
  }

  @Test
  void aLowPriorityWaitsForTheOthers() throws Exception {
    var stream = occupy();
    queue(BATCH, 3);
    queue(BOB, 3);
    stream.close();
    assertThat(served()).containsExactly(BOB, BOB, BOB, BATCH, BATCH, BATCH);
  }

  @Test
  void noRequestMayHaveAHigherPriorityThanItsKey() throws Exception {
    JsonObject high = completionRequest().put("relay", new JsonObject().put("priority", "high"));
    HttpResponse<String> answer = send(BATCH, high).join();
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("x-relay-warning"))
        .hasValue("relay.priority was cut from high to low");
    JsonObject low = completionRequest().put("relay", new JsonObject().put("priority", "low"));
    assertThat(send(BOB, low).join().headers().firstValue("x-relay-warning")).isEmpty();
    JsonObject urgent =
        completionRequest().put("relay", new JsonObject().put("priority", "urgent"));
    assertThat(send(BOB, urgent).join().body())
        .contains("relay.priority", "must be \\\"high\\\", \\\"normal\\\" or \\\"low\\\"");
  }

  /** The pace of the queue is known from the requests that were served from it. */
  @Test
  void aRequestThatCannotBeServedInTimeIsRefusedAtOnceAndToldWhenToRetry() throws Exception {
    sandbox.script("primary", Scenario.of("model-first-700"));
    for (int i = 0; i < 4; i++) {
      var unused = send(ANNE, completionRequest());
    }
    CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new)).join();
    var stream = occupy();
    sandbox.script("primary", Scenario.of("model-first-700"));
    queue(ANNE, 4);
    JsonObject hurried =
        completionRequest()
            .put("relay", new JsonObject().put("timeouts", new JsonObject().put("total", "1s")));
    Awake watch = Awake.begin();
    HttpResponse<String> refused = send(BOB, hurried).join();
    Duration took = watch.elapsed();
    assertThat(refused.statusCode()).as(refused.body()).isEqualTo(503);
    assertThat(took).isLessThan(Duration.ofSeconds(1));
    assertThat(refused.headers().firstValue("retry-after").map(Integer::parseInt).orElse(0))
        .isGreaterThanOrEqualTo(1);
    stream.close();
    awaitAll();
  }
}
