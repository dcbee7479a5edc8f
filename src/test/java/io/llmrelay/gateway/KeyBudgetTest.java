package io.llmrelay.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.LlmRelay;
import io.llmrelay.RelayVerticle;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.BudgetOptions;
import io.llmrelay.config.GatewayKeyOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.ModelOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.RelayListener;
import io.llmrelay.sandbox.Sandbox;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Budgets of gateway keys, by real HTTP requests. */
class KeyBudgetTest extends HttpFixture {
  private static final String ANNE = "key-of-anne-0123456789";
  private static final String BOB = "key-of-bob-01234567890";
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  @TempDir Path folder;

  private final List<RelayEvent.BudgetThreshold> thresholds = new CopyOnWriteArrayList<>();
  private RelayOptions options;
  private RelayVerticle relay;
  private String deployment;

  @BeforeEach
  void start() {
    Sandbox sandbox = Sandbox.start(vertx).await();
    options =
        new RelayOptions()
            .setStateFile(folder.resolve("state.json").toString())
            .setCatalog(
                List.of(
                    new ModelOptions(
                        "mock-model", null, null, null, new ModelOptions.Price(1.0, 2.0, null))))
            .addBackend(
                "primary",
                new BackendOptions()
                    .setDialect("openai")
                    .setBaseUrl(sandbox.backend("primary"))
                    .setDefaultModel("mock-model"));
  }

  private void deploy(BudgetOptions ofAnne) {
    options.setGateway(
        new GatewayOptions()
            .setPort(0)
            .addKey("anne", new GatewayKeyOptions().setKey(ANNE).setBudget(ofAnne))
            .addKey("bob", new GatewayKeyOptions().setKey(BOB)));
    relay =
        new RelayVerticle(options)
            .addListener(
                new RelayListener() {
                  @Override
                  public void onBudgetThreshold(RelayEvent.BudgetThreshold event) {
                    thresholds.add(event);
                  }
                });
    deployment = vertx.deployVerticle(relay).await();
  }

  private HttpResponse<String> ask(String key, JsonObject body) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + relay.gatewayPort() + "/v1/chat/completions");
    return CLIENT.send(
        HttpRequest.newBuilder(uri)
            .header("authorization", "Bearer " + key)
            .POST(BodyPublishers.ofString(body.encode()))
            .build(),
        BodyHandlers.ofString());
  }

  private JsonObject used() {
    JsonObject health = LlmRelay.create(vertx).health().await();
    return health.getJsonObject("keys").getJsonObject("anne");
  }

  @Test
  void keyBeyondItsRequestsGets429UntilTheNextDayAlsoAfterARestart() throws Exception {
    deploy(new BudgetOptions().setRequestsPerDay(2L));
    assertThat(ask(ANNE, completionRequest()).statusCode()).isEqualTo(200);
    assertThat(ask(ANNE, streamRequest()).statusCode()).isEqualTo(200);
    HttpResponse<String> refused = ask(ANNE, completionRequest());
    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(refused.headers().firstValue("retry-after")).isPresent();
    assertThat(ask(BOB, completionRequest()).statusCode()).isEqualTo(200);
    assertThat(thresholds)
        .extracting(event -> event.backend() + " " + event.limit() + " " + event.spent())
        .contains("key anne requests-per-day true");

    vertx.undeploy(deployment).await();
    deploy(new BudgetOptions().setRequestsPerDay(2L));
    assertThat(ask(ANNE, completionRequest()).statusCode()).isEqualTo(429);
    assertThat(ask(BOB, completionRequest()).statusCode()).isEqualTo(200);
  }

  @Test
  void tokensAndDollarsOfAllAttemptsCount() throws Exception {
    deploy(new BudgetOptions().setTokensPerDay(1_000_000L).setDailyUsd(5.0));
    HttpResponse<String> answer = ask(ANNE, completionRequest());
    JsonObject usage = new JsonObject(answer.body()).getJsonObject("usage");
    double cost =
        usage.getInteger("prompt_tokens") * 1e-6 + usage.getInteger("completion_tokens") * 2e-6;
    assertThat(Double.parseDouble(answer.headers().firstValue("x-relay-cost").orElseThrow()))
        .isEqualTo(cost, org.assertj.core.api.Assertions.within(1e-9));
    await()
        .untilAsserted(
            () ->
                assertThat(used().getJsonObject("tokens-per-day").getLong("used"))
                    .isEqualTo(usage.getLong("total_tokens")));
    assertThat(used().getJsonObject("daily-usd").getDouble("used"))
        .isEqualTo(cost, org.assertj.core.api.Assertions.within(1e-9));
  }

  @Test
  void requestLargerThanTheBudgetIsRefusedBeforeItCostsAnything() throws Exception {
    deploy(new BudgetOptions().setTokensPerDay(50L));
    HttpResponse<String> refused = ask(ANNE, completionRequest().put("max_tokens", 1000));
    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(used().getJsonObject("tokens-per-day").getLong("used")).isZero();
    assertThat(ask(ANNE, completionRequest().put("max_tokens", 10)).statusCode()).isEqualTo(200);
  }
}
