package io.llmrelay;

import static io.llmrelay.Relays.eventually;
import static io.llmrelay.Relays.get;
import static io.llmrelay.Relays.unique;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Relays.Relay;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.Plan;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.config.BusOptions;
import io.llmrelay.config.CircuitOptions;
import io.llmrelay.config.CircuitOptions.Scope;
import io.llmrelay.config.ModelOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.config.RetryOptions;
import io.llmrelay.sandbox.SandboxCall;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is left alone, until when, and what a single request may want otherwise than configured. */
class CircuitAndExhaustionTest {
  private static final ChatRequest REQUEST = ChatRequest.of(ChatMessage.user("Hello"));
  private static final Scenario OK = Scenario.ok().text("one two three four");
  private static final Scenario DOWN = Scenario.http(503);

  @RegisterExtension static final Relays RELAYS = new Relays();

  private String primary;
  private String secondary;

  @BeforeEach
  void names() {
    primary = unique("primary");
    secondary = unique("secondary");
    RELAYS.sandbox().script(primary, OK).script(secondary, OK);
  }

  private RelayOptions options() {
    return new RelayOptions()
        .addBackend("primary", RELAYS.backend("openai", primary, "alpha"))
        .addBackend("secondary", RELAYS.backend("openai", secondary, "beta"));
  }

  private static CircuitOptions circuit(int maxFailures, int resetMs) {
    return new CircuitOptions().setMaxFailures(maxFailures).setResetTimeout(ofMillis(resetMs));
  }

  private static RetryOptions retries(int max) {
    return new RetryOptions().setMax(max).setBaseDelay(ofMillis(20)).setMaxDelay(ofSeconds(1));
  }

  private static ChatRequest with(JsonObject relay) {
    return ChatRequest.fromJson(REQUEST.toJson().put("relay", relay));
  }

  private static String circuit(Relay relay, String name) {
    return relay.health("primary").getJsonObject("circuit").getString(name);
  }

  /** Sends a request and says who served it: the last line of its trail. */
  private static String served(Relay relay) throws Exception {
    return served(relay, REQUEST);
  }

  private static String served(Relay relay, ChatRequest request) throws Exception {
    Seen seen = Seen.of(relay.client(), request, true);
    assertThat(seen.failure()).isNull();
    eventually(() -> assertThat(relay.health().getInteger("requests")).isZero());
    return seen.backend();
  }

  @Test
  void aCircuitOpensWhenFailuresAreManyAndHalfOfAllAndClosesWithTheTrial() throws Exception {
    Relay relay = RELAYS.deploy(options().setCircuit(circuit(2, 300)));
    RELAYS.sandbox().script(primary, OK, OK, OK, DOWN, DOWN, DOWN, OK);

    for (int i = 0; i < 3; i++) {
      assertThat(served(relay)).isEqualTo("primary");
    }
    assertThat(served(relay)).isEqualTo("secondary");
    assertThat(served(relay)).isEqualTo("secondary");
    assertThat(circuit(relay, "primary")).as("two of five").isEqualTo("closed");
    assertThat(served(relay)).isEqualTo("secondary");
    eventually(() -> assertThat(circuit(relay, "primary")).isNotEqualTo("closed"));
    assertThat(RELAYS.calls(primary)).isEqualTo(6);

    eventually(() -> assertThat(circuit(relay, "primary")).isEqualTo("half_open"));
    assertThat(served(relay)).isEqualTo("primary");
    eventually(() -> assertThat(circuit(relay, "primary")).isEqualTo("closed"));
    assertThat(RELAYS.calls(primary)).isEqualTo(7);
    assertThat(relay.hooks().ofBackends())
        .containsExactly(
            "onCircuitStateChange primary: closed > open",
            "onCircuitStateChange primary: open > half_open",
            "onCircuitStateChange primary: half_open > closed");
  }

  @Test
  void whileItIsOpenNobodyIsSentThereAndThePlanSaysWhy() throws Exception {
    Relay relay = RELAYS.deploy(options().setCircuit(circuit(1, 30_000)));
    RELAYS.sandbox().script(primary, DOWN);
    served(relay);
    eventually(() -> assertThat(circuit(relay, "primary")).isEqualTo("open"));

    Plan plan = get(relay.client().plan(REQUEST));
    assertThat(plan.candidates())
        .extracting(Plan.Entry::backend)
        .containsExactly("secondary", "primary");
    Plan.Entry skipped = plan.candidates().get(1);
    assertThat(skipped.skip()).isEqualTo(SkipReason.CIRCUIT_OPEN);
    assertThat(skipped.availableInMs()).isBetween(20_000L, 30_000L);
    assertThat(relay.health().getString("status")).isEqualTo("degraded");
    assertThat(relay.health("primary").getBoolean("available")).isFalse();
    assertThat(served(relay)).isEqualTo("secondary");
    assertThat(RELAYS.calls(primary)).isEqualTo(1);
  }

  @Test
  void aFailedTrialOpensItAgain() throws Exception {
    Relay relay = RELAYS.deploy(options().setCircuit(circuit(1, 150)));
    RELAYS.sandbox().script(primary, DOWN, DOWN, OK);
    served(relay);
    eventually(() -> assertThat(circuit(relay, "primary")).isEqualTo("half_open"));
    assertThat(served(relay)).isEqualTo("secondary");
    eventually(
        () ->
            assertThat(relay.hooks().ofBackends())
                .contains("onCircuitStateChange primary: half_open > open"));
    eventually(() -> assertThat(circuit(relay, "primary")).isEqualTo("half_open"));
    assertThat(served(relay)).isEqualTo("primary");
    eventually(() -> assertThat(circuit(relay, "primary")).isEqualTo("closed"));
  }

  @Test
  void oneTrialAtATimeAndItsFirstChunkCloses() throws Exception {
    Relay relay = RELAYS.deploy(options().setCircuit(circuit(1, 100)));
    RELAYS
        .sandbox()
        .script(primary, DOWN, Scenario.of("stall-after-2-first-2000").text("one two three"), OK);
    served(relay);
    eventually(() -> assertThat(circuit(relay, "primary")).isEqualTo("half_open"));

    Seen trial = Seen.begin(relay.client(), REQUEST, true, Future.future(never -> {}));
    eventually(() -> assertThat(RELAYS.calls(primary)).isEqualTo(2));
    Seen meanwhile = Seen.of(relay.client(), REQUEST, true);
    assertThat(meanwhile.backend()).isEqualTo("secondary");
    assertThat(meanwhile.trail().get(0).message()).contains("trial");

    eventually(() -> assertThat(circuit(relay, "primary")).isEqualTo("closed"));
    eventually(() -> assertThat(trial.text()).isEqualTo("one two"));
    assertThat(trial.signals()).isZero(); // it still streams
    assertThat(Seen.of(relay.client(), REQUEST, true).backend()).isEqualTo("primary");
    trial.stream().cancel();
  }

  @Test
  void withScopeModelEachModelHasItsOwnCircuit() throws Exception {
    RelayOptions options = options().setCircuit(circuit(1, 30_000).setScope(Scope.MODEL));
    options.getBackends().get("primary").setModels(List.of("alpha", "delta"));
    Relay relay = RELAYS.deploy(options);
    RELAYS.sandbox().script(primary, DOWN, OK);
    assertThat(served(relay, REQUEST.withModel("alpha"))).isEqualTo("secondary");
    eventually(() -> assertThat(circuit(relay, "primary/alpha")).isEqualTo("open"));
    assertThat(served(relay, REQUEST.withModel("delta"))).isEqualTo("primary");
    assertThat(served(relay, REQUEST.withModel("alpha"))).isEqualTo("secondary");
    assertThat(circuit(relay, "primary/delta")).isEqualTo("closed");
    assertThat(relay.health("primary").getBoolean("available")).isTrue();
    assertThat(RELAYS.calls(primary)).isEqualTo(2);
  }

  @Test
  void whatOneRelayLearnsTheOthersKnow() throws Exception {
    String prefix = unique("llm");
    RelayOptions options =
        options().setCircuit(circuit(2, 30_000)).setBus(new BusOptions().setPrefix(prefix));
    Relay one = RELAYS.deployHere(options);
    Relay two = RELAYS.deployHere(options);
    RELAYS.sandbox().script(primary, Scenario.of("429-retry-after-9"));

    served(one); // by either of them: they take turns
    Relay other = one.hooks().ends().isEmpty() ? one : two;
    for (int i = 0; i < 4; i++) {
      eventually(
          () ->
              assertThat(one.health("primary").getJsonObject("exhausted").getLong("primary/alpha"))
                  .isBetween(4_000L, 9_000L));
    }
    for (int i = 0; i < 4; i++) {
      assertThat(served(one)).isEqualTo("secondary");
    }
    assertThat(RELAYS.calls(primary)).isEqualTo(1);
    assertThat(other.hooks().ends()).isNotEmpty();
    assertThat(other.hooks().ofBackends()).as("it learnt nothing by itself").isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"openai", "anthropic"})
  void anExhaustedCandidateIsUsedAgainWhenItsTimeHasCome(String dialect) throws Exception {
    Relay relay =
        RELAYS.deploy(
            new RelayOptions()
                .addBackend("primary", RELAYS.backend(dialect, primary, "alpha"))
                .addBackend("secondary", RELAYS.backend("openai", secondary, "beta")));
    Scenario limited = Scenario.http(429).header("retry-after-ms", "2500");
    RELAYS.sandbox().script(primary, limited, OK);
    assertThat(served(relay)).isEqualTo("secondary");
    assertThat(relay.health("primary").getJsonObject("exhausted").getLong("primary/alpha"))
        .isBetween(1L, 2_500L);
    Plan.Entry last = get(relay.client().plan(REQUEST)).candidates().get(1);
    assertThat(last.skip()).isEqualTo(SkipReason.EXHAUSTED);
    assertThat(last.availableInMs()).isBetween(1L, 2_500L);
    assertThat(served(relay)).isEqualTo("secondary");
    assertThat(RELAYS.calls(primary)).isEqualTo(1);
    eventually(() -> assertThat(relay.health("primary").getJsonObject("exhausted")).isEmpty());
    assertThat(served(relay)).isEqualTo("primary");
    assertThat(relay.hooks().ofBackends())
        .containsExactly("onExhausted primary/alpha: rate_limited");
  }

  @Test
  void aRateLimitIsTheModelsAndASpentQuotaTheBackends() throws Exception {
    RelayOptions options = options();
    options.getBackends().get("primary").setModels(List.of("alpha", "delta"));
    Relay relay = RELAYS.deploy(options);
    RELAYS
        .sandbox()
        .script(primary, Scenario.of("429-retry-after-9"), OK, Scenario.of("429-quota"));
    assertThat(served(relay, REQUEST.withModel("alpha"))).isEqualTo("secondary");
    assertThat(served(relay, REQUEST.withModel("delta"))).isEqualTo("primary");
    assertThat(served(relay, REQUEST.withModel("delta"))).isEqualTo("secondary");
    assertThat(relay.health("primary").getBoolean("available")).isFalse();
    assertThat(served(relay, REQUEST.withModel("delta"))).isEqualTo("secondary");
    assertThat(RELAYS.calls(primary)).isEqualTo(3);
  }

  // What one request may want otherwise.

  @Test
  void theCandidatesARequestNamesAreTriedInItsOrderAndNoOthers() throws Exception {
    Relay relay = RELAYS.deploy(options());
    ChatRequest request = REQUEST.withCandidates("secondary/beta", "primary");
    assertThat(served(relay, request)).isEqualTo("secondary");
    RELAYS.sandbox().script(secondary, DOWN);
    assertThat(served(relay, request)).isEqualTo("primary");
    Seen seen = Seen.of(relay.client(), REQUEST.withCandidates("secondary"), true);
    assertThat(seen.failure().kind()).isEqualTo(FailureKind.OVERLOADED);
    assertThat(RELAYS.calls(primary)).isEqualTo(1);
  }

  @Test
  void aCandidateThatDoesNotExistIsRefusedWithItsField() throws Exception {
    Relay relay = RELAYS.deploy(options());
    Seen seen = Seen.of(relay.client(), REQUEST.withCandidates("primary", "tertiary"), true);
    assertThat(seen.failure().kind()).isEqualTo(FailureKind.INVALID_REQUEST);
    assertThat(seen.failure().field()).isEqualTo("relay.candidates[1]");
    assertThat(relay.hooks().ofRequests()).isEmpty();
  }

  @ParameterizedTest(name = "commit {0}: by {1}")
  @CsvSource({"first-chunk, one two", "5, one two", "8, ", "complete, "})
  void theCommitPointSaysUntilWhenAStreamFallsBack(String commit, String delivered)
      throws Exception {
    Relay relay = RELAYS.deploy(options());
    RELAYS.sandbox().script(primary, Scenario.of("sse-error-after-2").text("one two three four"));
    Object value = commit.matches("\\d+") ? (Object) Integer.valueOf(commit) : commit;
    Seen seen = Seen.of(relay.client(), with(new JsonObject().put("commit", value)), true);
    if (delivered == null) {
      assertThat(seen.failure()).isNull();
      assertThat(seen.text()).isEqualTo("one two three four");
      assertThat(seen.backend()).isEqualTo("secondary");
      assertThat(RELAYS.calls(secondary)).isEqualTo(1);
    } else {
      assertThat(seen.text()).isEqualTo(delivered);
      assertThat(seen.failure().kind()).isEqualTo(FailureKind.OVERLOADED);
      assertThat(RELAYS.calls(secondary)).isZero();
    }
  }

  @Test
  void theTotalTimeIsTheWholeRequests() throws Exception {
    Relay relay = RELAYS.deploy(options().setCircuit(circuit(1, 30_000)));
    RELAYS.sandbox().script(primary, Scenario.of("503-first-300"));
    RELAYS.sandbox().script(secondary, Scenario.of("stall-after-role"));
    JsonObject timeouts = new JsonObject().put("total", "2s");
    ChatRequest request = with(new JsonObject().put("timeouts", timeouts));
    for (boolean streaming : new boolean[] {true, false}) {
      Seen seen = Seen.of(relay.client(), request, streaming);
      assertThat(seen.failure().kind()).isEqualTo(FailureKind.TIMEOUT);
      assertThat(seen.failure().message()).contains("2000 ms");
      assertThat(seen.trail()).hasSize(2);
    }
    // The first was the primary's fault; the end of the budget is nobody's.
    assertThat(circuit(relay, "primary")).isEqualTo("open");
    assertThat(relay.health("secondary").getJsonObject("circuit").getString("secondary"))
        .isEqualTo("closed");
  }

  @Test
  void retriesStayWithTheCandidateAndBackOff() throws Exception {
    Relay relay = RELAYS.deploy(options().setRetries(retries(0)));
    RELAYS.sandbox().script(primary, DOWN, DOWN, OK);
    JsonObject retry = new JsonObject().put("retries", new JsonObject().put("max", 2));
    Seen seen = Seen.of(relay.client(), with(retry), true);
    assertThat(seen.backend()).isEqualTo("primary");
    assertThat(seen.text()).isEqualTo("one two three four");
    assertThat(seen.trail()).hasSize(3);
    assertThat(RELAYS.calls(secondary)).isZero();
    eventually(
        () ->
            assertThat(relay.hooks().ofRequests())
                .containsExactly(
                    "onRequestStart",
                    "onAttemptStart 1 primary",
                    "onAttemptEnd 1 primary: overloaded",
                    "onAttemptStart 2 primary",
                    "onAttemptEnd 2 primary: overloaded",
                    "onAttemptStart 3 primary",
                    "onFirstChunk primary",
                    "onAttemptEnd 3 primary: served",
                    "onRequestEnd primary: stop"));
  }

  @Test
  void aRetryWaitsAsLongAsItWasToldWhereNobodyElseIsLeft() throws Exception {
    RelayOptions options = options().setRetries(retries(1));
    options.getBackends().remove("secondary");
    Relay relay = RELAYS.deploy(options);
    RELAYS.sandbox().script(primary, Scenario.http(503).header("retry-after-ms", "300"), OK);
    assertThat(served(relay)).isEqualTo("primary");
    List<SandboxCall> calls = RELAYS.sandbox().calls(primary);
    assertThat(calls).hasSize(2);
    assertThat(calls.get(1).receivedAt()).isAfter(calls.get(0).receivedAt().plusMillis(290));
  }

  @Test
  void whoAsksForTooLongIsNotRetriedAndATimeoutNeitherWhileSomebodyIsLeft() throws Exception {
    Relay relay = RELAYS.deploy(options().setRetries(retries(1)));
    RELAYS.sandbox().script(primary, Scenario.of("503-retry-after-5"));
    assertThat(served(relay)).isEqualTo("secondary");
    assertThat(RELAYS.calls(primary)).isEqualTo(1);

    Relay fresh = RELAYS.deploy(options().setRetries(retries(1)));
    RELAYS.sandbox().script(primary, Scenario.of("stall"));
    JsonObject timeouts = new JsonObject().put("head", "1s");
    ChatRequest request = with(new JsonObject().put("timeouts", timeouts));
    assertThat(served(fresh, request)).isEqualTo("secondary");
    assertThat(RELAYS.calls(primary)).isEqualTo(2);
  }

  @Test
  void whenNobodyIsLeftTheSoonestGetsAnotherChance() throws Exception {
    Relay relay = RELAYS.deploy(options().setRetries(retries(1)));
    RELAYS.sandbox().script(primary, Scenario.http(429).header("retry-after-ms", "5000"));
    RELAYS.sandbox().script(secondary, Scenario.http(403), OK);
    Seen seen = Seen.of(relay.client(), REQUEST, true);
    assertThat(seen.failure()).as("5 s is longer than the longest delay").isNotNull();

    Relay fresh = RELAYS.deploy(options().setRetries(retries(1)));
    RELAYS.sandbox().script(primary, DOWN, DOWN);
    RELAYS.sandbox().script(secondary, Scenario.of("stall"), OK);
    JsonObject timeouts = new JsonObject().put("head", "1s");
    ChatRequest request = with(new JsonObject().put("timeouts", timeouts));
    assertThat(served(fresh, request)).isEqualTo("secondary");
    assertThat(RELAYS.calls(primary)).isEqualTo(3);
  }

  @Test
  void theCheapestGoesFirstWhereCostIsPreferred() throws Exception {
    Relay relay =
        RELAYS.deploy(
            options()
                .setCatalog(
                    List.of(
                        new ModelOptions(
                            "alpha",
                            "primary",
                            null,
                            null,
                            new ModelOptions.Price(3.0, 15.0, null)),
                        new ModelOptions(
                            "beta",
                            "secondary",
                            null,
                            null,
                            new ModelOptions.Price(0.1, 0.4, null)))));
    assertThat(served(relay)).isEqualTo("primary");
    ChatRequest cheap = with(new JsonObject().put("prefer", "cost")).withMaxTokens(100);
    assertThat(served(relay, cheap)).isEqualTo("secondary");
    Plan plan = get(relay.client().plan(cheap));
    assertThat(plan.candidates())
        .extracting(Plan.Entry::backend)
        .containsExactly("secondary", "primary");
    assertThat(plan.candidates().get(0).estimatedCostUsd())
        .isLessThan(plan.candidates().get(1).estimatedCostUsd());
    Seen seen = Seen.of(relay.client(), cheap, true);
    assertThat(seen.stream().costUsd()).isPositive();
  }

  @Test
  void anAliasIsItsCandidates() throws Exception {
    RelayOptions options = options();
    options.addAlias("fast", "secondary/beta");
    Relay relay = RELAYS.deploy(options);
    assertThat(served(relay, REQUEST.withModel("fast"))).isEqualTo("secondary");
    assertThat(relay.health().getJsonArray("aliases")).isEqualTo(JsonArray.of("fast"));
    assertThat(Stream.of(primary, secondary).map(RELAYS::calls)).containsExactly(0, 1);
  }
}
