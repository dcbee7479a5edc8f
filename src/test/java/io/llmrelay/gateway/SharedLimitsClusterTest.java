package io.llmrelay.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.LlmRelay;
import io.llmrelay.Midnight;
import io.llmrelay.RelayVerticle;
import io.llmrelay.bus.Cluster;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.BudgetOptions;
import io.llmrelay.config.GatewayKeyOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/** Gateways of three nodes of a cluster, which keep to limits together, under a steady load. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SharedLimitsClusterTest {
  private static final String RATE_KEY = "key-with-a-rate-0123456789";
  private static final String BUDGET_KEY = "key-with-a-budget-01234567";
  private static final String BUSY_KEY = "key-with-a-concurrency-012";
  private static final String PLAIN_KEY = "key-without-limits-0123456";
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final int PER_DAY = 200;

  private final String cluster = "test-" + UUID.randomUUID();
  private final List<Node> nodes = new ArrayList<>();
  private final Vertx vertx = Vertx.vertx();
  private Sandbox sandbox;

  /** A node with a gateway. */
  private static final class Node {
    final Vertx vertx;
    final RelayVerticle relay;
    volatile String ignored = "";

    Node(Vertx vertx, RelayOptions options) throws Exception {
      this.vertx = vertx;
      vertx
          .eventBus()
          .addInboundInterceptor(
              delivery -> {
                boolean lost =
                    delivery.message().address().equals("llm.limits")
                        && delivery.message().body() instanceof JsonObject body
                        && body.getString("node").startsWith(ignored)
                        && !ignored.isEmpty();
                if (!lost) {
                  delivery.next();
                }
              });
      relay = new RelayVerticle(options);
      get(vertx.deployVerticle(relay));
    }

    int ask(String key) {
      return askAsync(key).join();
    }

    CompletableFuture<Integer> askAsync(String key) {
      return ask(key, "mock-model");
    }

    CompletableFuture<Integer> ask(String key, String model) {
      JsonObject request =
          new JsonObject()
              .put("model", model)
              .put(
                  "messages",
                  JsonArray.of(new JsonObject().put("role", "user").put("content", "Hi")));
      URI uri = URI.create("http://127.0.0.1:" + relay.gatewayPort() + "/v1/chat/completions");
      return CLIENT
          .sendAsync(
              HttpRequest.newBuilder(uri)
                  .header("authorization", "Bearer " + key)
                  .timeout(Duration.ofSeconds(20))
                  .POST(BodyPublishers.ofString(request.encode()))
                  .build(),
              BodyHandlers.discarding())
          .thenApply(response -> response.statusCode());
    }

    JsonObject health() throws Exception {
      return get(LlmRelay.create(vertx).health());
    }

    /** Returns the requests that are known to have been sent with the key today. */
    int used() throws Exception {
      return health()
          .getJsonObject("keys")
          .getJsonObject("budget")
          .getJsonObject("requests-per-day")
          .getInteger("used");
    }
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private RelayOptions options() {
    return new RelayOptions()
        .setGateway(
            new GatewayOptions()
                .setPort(0)
                .addKey(
                    "rate",
                    new GatewayKeyOptions()
                        .setKey(RATE_KEY)
                        .setRequestsPerMinute(1_200)
                        .setBurst(20))
                .addKey("busy", new GatewayKeyOptions().setKey(BUSY_KEY).setMaxConcurrent(12))
                .addKey("plain", new GatewayKeyOptions().setKey(PLAIN_KEY))
                .addKey(
                    "budget",
                    new GatewayKeyOptions()
                        .setKey(BUDGET_KEY)
                        .setBudget(new BudgetOptions().setRequestsPerDay((long) PER_DAY))))
        .addBackend(
            "primary",
            new BackendOptions()
                .setDialect("openai")
                .setBaseUrl(sandbox.backend("primary"))
                .setModels(List.of("mock-model")))
        .addBackend(
            "limited",
            new BackendOptions()
                .setDialect("openai")
                .setBaseUrl(sandbox.backend("limited"))
                .setModels(List.of("limited-model"))
                .setBudget(new BudgetOptions().setRequestsPerDay((long) PER_DAY)));
  }

  private Node start() throws Exception {
    return new Node(Cluster.node(cluster), options());
  }

  @BeforeAll
  void startAll() throws Exception {
    Midnight.isNotNear();
    sandbox = get(Sandbox.start(vertx));
    for (int i = 0; i < 3; i++) {
      nodes.add(start());
    }
  }

  @AfterAll
  void close() throws Exception {
    for (Node node : nodes) {
      get(node.vertx.close());
    }
    get(vertx.close());
  }

  /** Sends requests to each node at an interval, and returns how many were served. */
  private int load(String key, String model, Duration time, Duration interval) throws Exception {
    AtomicInteger served = new AtomicInteger();
    List<CompletableFuture<?>> sent = new ArrayList<>();
    long begin = System.nanoTime();
    for (long i = 0; i * interval.toNanos() < time.toNanos(); i++) {
      long wait = begin + i * interval.toNanos() - System.nanoTime();
      if (wait > 0) {
        TimeUnit.NANOSECONDS.sleep(wait);
      }
      for (Node node : nodes) {
        sent.add(
            node.ask(key, model).thenAccept(status -> served.addAndGet(status == 200 ? 1 : 0)));
      }
    }
    CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new)).join();
    return served.get();
  }

  @Test
  @Order(1)
  void rateOfAKeyHoldsForAllGateways() throws Exception {
    long begin = System.nanoTime();
    int served = load(RATE_KEY, "mock-model", Duration.ofSeconds(4), Duration.ofMillis(50));
    double seconds = (System.nanoTime() - begin) / 1e9;
    double expected = 20 + 20 * seconds;
    assertThat(served / expected).as("%d in %.1f s", served, seconds).isBetween(0.8, 1.1);
  }

  @Test
  @Order(2)
  void budgetOfABackendHoldsForAllNodes() throws Exception {
    int served = load(PLAIN_KEY, "limited-model", Duration.ofSeconds(2), Duration.ofMillis(20));
    assertThat(served).as("by another backend beyond the budget").isEqualTo(300);
    assertThat(sandbox.calls("limited").size()).isBetween(PER_DAY * 95 / 100, PER_DAY * 105 / 100);
  }

  @Test
  @Order(3)
  void concurrencyOfAKeyHoldsForAllGateways() throws Exception {
    sandbox.script("primary", Scenario.of("model-chunks-9000-every-20"));
    List<CompletableFuture<Integer>> sent = new ArrayList<>();
    try {
      for (int i = 0; i < 10; i++) {
        for (Node node : nodes) {
          sent.add(node.ask(BUSY_KEY, "mock-model"));
        }
        Thread.sleep(100);
      }
      await()
          .atMost(Duration.ofSeconds(15))
          .until(() -> sent.stream().filter(CompletableFuture::isDone).count() >= 15);
      assertThat(sent).filteredOn(each -> !each.isDone()).hasSizeBetween(11, 14);
      assertThat(sent).filteredOn(CompletableFuture::isDone).allMatch(each -> each.join() == 429);
    } finally {
      sandbox.unscript("primary");
    }
  }

  @Test
  @Order(4)
  void spendOutlivesANode() throws Exception {
    int spent = 0;
    for (int i = 0; i < 30; i++) {
      assertThat(nodes.get(i % 3).ask(BUDGET_KEY)).isEqualTo(200);
      spent++;
    }
    int all = spent;
    await()
        .untilAsserted(
            () -> {
              for (Node node : nodes) {
                assertThat(node.used()).isEqualTo(all);
              }
            });
    // Its goodbye is not heard, as if its process had been killed.
    Node dying = nodes.remove(2);
    String id = dying.health().getString("node");
    nodes.forEach(node -> node.ignored = id);
    get(dying.vertx.close());
    nodes.add(start());
    for (Node node : nodes) {
      assertThat(node.used()).isEqualTo(all);
    }
    int served = load(BUDGET_KEY, "mock-model", Duration.ofSeconds(2), Duration.ofMillis(20));
    assertThat(all + served).isBetween(PER_DAY * 95 / 100, PER_DAY * 105 / 100);
  }
}
