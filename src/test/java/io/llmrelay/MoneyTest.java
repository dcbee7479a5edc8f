package io.llmrelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.Plan;
import io.llmrelay.chat.RelayHints.Prefer;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.BudgetOptions;
import io.llmrelay.config.ModelOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.RelayListener;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Models and money through the whole relay, with backends that answer over real HTTP. */
@ExtendWith(VertxExtension.class)
class MoneyTest {
  @TempDir Path folder;

  private final List<String> thresholds = new CopyOnWriteArrayList<>();
  private final RelayOptions options = new RelayOptions();
  private Vertx vertx;
  private Sandbox sandbox;
  private LlmRelay relay;
  private String deployment;

  @BeforeEach
  void sandbox(Vertx vertx) throws Exception {
    Midnight.isNotNear();
    this.vertx = vertx;
    sandbox = get(Sandbox.start(vertx));
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private BackendOptions backend(String name, String... models) {
    BackendOptions backend =
        new BackendOptions()
            .setDialect("openai")
            .setBaseUrl(sandbox.backend(name))
            .setApiKey("sk-test")
            .setModels(List.of(models));
    options.addBackend(name, backend);
    return backend;
  }

  /** Prices by backend, in dollars for an input and an output token. */
  private void prices(Object... prices) {
    List<ModelOptions> catalog = new CopyOnWriteArrayList<>();
    for (int i = 0; i < prices.length; i += 3) {
      double input = ((Number) prices[i + 1]).doubleValue() * 1_000_000;
      double output = ((Number) prices[i + 2]).doubleValue() * 1_000_000;
      catalog.add(
          new ModelOptions(
              "m", (String) prices[i], null, null, new ModelOptions.Price(input, output, null)));
    }
    options.setCatalog(catalog);
  }

  private void deploy() throws Exception {
    RelayListener log =
        new RelayListener() {
          @Override
          public void onBudgetThreshold(RelayEvent.BudgetThreshold event) {
            thresholds.add(
                event.backend() + " " + event.limit() + (event.spent() ? " spent" : " much used"));
          }
        };
    deployment = get(vertx.deployVerticle(new RelayVerticle(options).addListener(log)));
    relay = LlmRelay.create(vertx);
  }

  private static ChatRequest request(String model) {
    return ChatRequest.fromJson(
        new JsonObject()
            .put("model", model)
            .put("max_tokens", 100)
            .put(
                "messages",
                JsonArray.of(new JsonObject().put("role", "user").put("content", "Hi there!"))));
  }

  private ChatCompletion ask(String model) throws Exception {
    return get(relay.generate(request(model)));
  }

  private Failure refused(String model) throws Exception {
    try {
      ask(model);
    } catch (ExecutionException e) {
      return ((LlmException) e.getCause()).failure();
    }
    throw new AssertionError("it was served");
  }

  private static List<String> trail(List<Attempt> trail) {
    return trail.stream()
        .map(
            attempt ->
                attempt.backend()
                    + "/"
                    + attempt.model()
                    + " "
                    + (attempt.reason() == null
                        ? attempt.result().name().toLowerCase(Locale.ROOT)
                        : attempt.reason()))
        .toList();
  }

  private JsonObject health(String backend) throws Exception {
    return get(relay.health()).getJsonArray("backends").stream()
        .map(JsonObject.class::cast)
        .filter(json -> json.getString("name").equals(backend))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aBackendWhoseBudgetIsSpentIsSkipped() throws Exception {
    backend("primary", "m").setBudget(new BudgetOptions().setRequestsPerDay(2L));
    backend("secondary", "m");
    List<JsonObject> events = new CopyOnWriteArrayList<>();
    vertx
        .eventBus()
        .<JsonObject>consumer(
            "llm.events",
            message -> {
              if (message.body().getString("event").equals("budget_threshold")) {
                events.add(message.body());
              }
            });
    deploy();
    assertThat(trail(ask("m").trail())).containsExactly("primary/m served");
    assertThat(trail(ask("m").trail())).containsExactly("primary/m served");
    List<Attempt> trail = ask("m").trail();
    assertThat(trail(trail)).containsExactly("primary/m budget", "secondary/m served");
    assertThat(trail.get(0).message())
        .startsWith("not enough left of requests-per-day, available in ");
    assertThat(sandbox.calls("primary")).hasSize(2);
    assertThat(thresholds).containsExactly("primary requests-per-day spent");
    await().until(() -> events.size() == 1);
    assertThat(events.get(0).getInteger("max")).isEqualTo(2);

    Plan.Entry skipped = get(relay.plan(request("m"))).candidates().get(1);
    assertThat(skipped.skip()).isEqualTo(SkipReason.BUDGET);
    assertThat(skipped.availableInMs()).isPositive();
    assertThat(health("primary").getBoolean("available")).isFalse();
    JsonObject budget = health("primary").getJsonObject("budget").getJsonObject("requests-per-day");
    assertThat(budget.getInteger("used")).isEqualTo(2);
    assertThat(budget.getInteger("max")).isEqualTo(2);
    assertThat(budget.getLong("renews_in_ms")).isPositive();
    assertThat(health("secondary").containsKey("budget")).isFalse();
  }

  @Test
  void nobodyLeftWithABudgetSaysWhenTheFirstOneRenews() throws Exception {
    backend("primary", "m").setBudget(new BudgetOptions().setTokensPerDay(1L));
    backend("secondary", "m").setBudget(new BudgetOptions().setRequestsPerDay(1L));
    deploy();
    assertThat(trail(ask("m").trail())).containsExactly("primary/m budget", "secondary/m served");
    Failure failure = refused("m");
    assertThat(failure.kind()).isEqualTo(FailureKind.QUOTA_EXHAUSTED);
    assertThat(failure.retryAfterMs()).isBetween(1L, 86_400_000L);
    assertThat(failure.message()).contains("primary/m skipped (budget)");
  }

  @Test
  void dollarsAreCountedByRealUsage() throws Exception {
    backend("primary", "m").setBudget(new BudgetOptions().setDailyUsd(5.0).setWarnAt(0.01));
    prices("primary", 0.001, 0.01);
    deploy();
    ChatCompletion answer = ask("m");
    TokenUsage usage = answer.usage();
    assertThat(usage.source()).isEqualTo(TokenUsage.Source.PROVIDER);
    double cost = usage.inputTokens() * 0.001 + usage.outputTokens() * 0.01;
    assertThat(answer.costUsd()).isCloseTo(cost, within(1e-12));
    JsonObject budget = health("primary").getJsonObject("budget").getJsonObject("daily-usd");
    assertThat(budget.getDouble("used")).isCloseTo(cost, within(1e-9));
    assertThat(thresholds).containsExactly("primary daily-usd much used");
  }

  @Test
  void aFailedAttemptCostsWhatIsKnownOfIt() throws Exception {
    backend("primary", "m").setBudget(new BudgetOptions().setDailyUsd(500.0));
    backend("secondary", "m");
    prices("primary", 0.001, 0.01, "secondary", 0.001, 0.01);
    deploy();
    sandbox.script("primary", Scenario.of("die-after-3"));
    ChatCompletion answer = ask("m");
    Attempt failed = answer.trail().get(0);
    Attempt served = answer.trail().get(1);
    assertThat(failed.result()).isEqualTo(Attempt.Result.FAILED);
    assertThat(failed.usage().source()).isEqualTo(TokenUsage.Source.ESTIMATED);
    assertThat(failed.costUsd())
        .isCloseTo(
            failed.usage().inputTokens() * 0.001 + failed.usage().outputTokens() * 0.01,
            within(1e-12))
        .isPositive();
    assertThat(answer.costUsd()).isCloseTo(failed.costUsd() + served.costUsd(), within(1e-12));
    assertThat(
            health("primary").getJsonObject("budget").getJsonObject("daily-usd").getDouble("used"))
        .isCloseTo(failed.costUsd(), within(1e-9));
  }

  @Test
  void theCheapestIsAskedFirstWhereCostIsPreferred() throws Exception {
    backend("dear", "m");
    backend("unknown", "m");
    backend("cheap", "m");
    prices("dear", 0.001, 0.02, "cheap", 0.002, 0.01);
    options.setPrefer(Prefer.COST);
    deploy();
    assertThat(ask("m").backend()).isEqualTo("cheap");
    List<Plan.Entry> plan = get(relay.plan(request("m"))).candidates();
    assertThat(plan).extracting(Plan.Entry::backend).containsExactly("cheap", "dear", "unknown");
    // Nine characters are three tokens; a hundred may come back.
    assertThat(plan.get(0).estimatedCostUsd()).isCloseTo(1.006, within(1e-12));
    assertThat(plan.get(1).estimatedCostUsd()).isCloseTo(2.003, within(1e-12));
    assertThat(plan.get(2).estimatedCostUsd()).isNull();
    assertThat(plan.get(0).message())
        .isEqualTo("position 1: serves the requested model, cheapest first");
    sandbox.script("cheap", Scenario.http(503));
    assertThat(trail(ask("m").trail())).containsExactly("cheap/m overloaded", "dear/m served");
  }

  @Test
  void aRateLimitIsOfTheModelAndAQuotaOfTheBackend() throws Exception {
    backend("primary", "m", "n");
    backend("secondary", "m", "n");
    deploy();
    sandbox.script(
        "primary", Scenario.of("429-retry-after-7"), Scenario.ok(), Scenario.of("429-quota"));
    assertThat(trail(ask("m").trail()))
        .containsExactly("primary/m rate_limited", "secondary/m served");
    assertThat(trail(ask("n").trail())).containsExactly("primary/n served");
    assertThat(trail(ask("n").trail()))
        .containsExactly("primary/n quota_exhausted", "secondary/n served");
    assertThat(trail(ask("m").trail()))
        .containsExactly("primary/m exhausted", "secondary/m served");
    assertThat(health("primary").getJsonObject("exhausted").fieldNames())
        .containsExactlyInAnyOrder("primary", "primary/m");
  }

  @Test
  void aRestartForgetsNeitherSpendNorExhaustion() throws Exception {
    backend("primary", "m").setBudget(new BudgetOptions().setRequestsPerDay(1L));
    backend("secondary", "m");
    backend("third", "m");
    Path file = folder.resolve("state.json");
    options.setStateFile(file.toString());
    deploy();
    sandbox.script("secondary", Scenario.of("429-quota"));
    assertThat(trail(ask("m").trail())).containsExactly("primary/m served");
    assertThat(trail(ask("m").trail()))
        .containsExactly("primary/m budget", "secondary/m quota_exhausted", "third/m served");
    get(vertx.undeploy(deployment));
    assertThat(file).exists();

    deploy();
    assertThat(trail(ask("m").trail()))
        .containsExactly("primary/m budget", "secondary/m exhausted", "third/m served");
    get(vertx.undeploy(deployment));

    Files.writeString(file, "{\"version\": 1, \"spend\": ");
    deploy();
    assertThat(trail(ask("m").trail())).containsExactly("primary/m served");
  }

  @Test
  void anAliasOfTheCatalogueAsksEachProviderForItsOwnId() throws Exception {
    for (String provider : List.of("groq", "nvidia")) {
      backend(provider).setProvider(provider);
    }
    sandbox.script("groq", Scenario.http(503));
    deploy();
    assertThat(trail(ask("gpt-oss-120b").trail()))
        .containsExactly(
            "groq/openai/gpt-oss-120b overloaded", "nvidia/openai/gpt-oss-120b served");
    assertThat(trail(ask("llama-3.3-70b").trail()))
        .containsExactly(
            "groq/llama-3.3-70b-versatile overloaded", "nvidia/meta/llama-3.3-70b-instruct served");
    assertThat(sandbox.calls("meta/llama-3.3-70b-instruct")).hasSize(1);
    assertThat(get(relay.health()).getJsonArray("aliases")).contains("llama-3.3-70b");
  }

  @Test
  void anAnswerOfAModelThatWillEndBringsAWarning() throws Exception {
    backend("primary", "m");
    LocalDate day = LocalDate.of(2999, 1, 31);
    options.setCatalog(
        List.of(new ModelOptions("m", null, null, null, null, null, "deprecated", day, "m2")));
    deploy();
    String warning = "m is deprecated and retires on 2999-01-31; use m2";
    assertThat(ask("m").warning()).isEqualTo(warning);
    LlmStream stream = get(relay.stream(request("m")));
    assertThat(stream.warning()).isEqualTo(warning);
    stream.cancel();
    assertThat(get(relay.plan(request("m"))).candidates().get(0).message())
        .isEqualTo("position 1: serves the requested model; " + warning);
  }
}
