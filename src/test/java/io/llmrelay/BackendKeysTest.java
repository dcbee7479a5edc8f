package io.llmrelay;

import static io.llmrelay.Relays.eventually;
import static io.llmrelay.Relays.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Relays.Relay;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.Plan;
import io.llmrelay.chat.RelayHints.Prefer;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.chat.Timeouts;
import io.llmrelay.config.ApiKeyOptions;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.BudgetOptions;
import io.llmrelay.config.QueueOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.observe.RelayEvent.Exhausted;
import io.llmrelay.observe.RelayListener;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each of a backend's keys has cooldowns, refusals and budgets of its own. */
class BackendKeysTest {
  @RegisterExtension static final Relays RELAYS = new Relays();

  private static final ChatRequest HELLO = ChatRequest.of(ChatMessage.user("Hi"));
  private static final String FIRST = "sk-first-0123456789";
  private static final String SECOND = "sk-second-0123456789";
  private static final String THIRD = "sk-third-0123456789";

  private final String one = Relays.unique("one");
  private final String two = Relays.unique("two");

  private static ApiKeyOptions key(String name, String key) {
    return new ApiKeyOptions(key).setName(name);
  }

  private BackendOptions backend(ApiKeyOptions... keys) {
    return RELAYS
        .backend("openai", one, "m")
        .setApiKey(null)
        .setApiKeys(List.of(keys))
        .setPreferKey(Prefer.ORDER);
  }

  private RelayOptions options(ApiKeyOptions... keys) {
    return new RelayOptions()
        .addBackend(one, backend(keys))
        .addBackend(two, RELAYS.backend("openai", two, "m"));
  }

  private Relay relay() {
    return RELAYS.deploy(options(key("first", FIRST), key("second", SECOND)));
  }

  private static List<String> trail(List<Attempt> trail) {
    return trail.stream()
        .map(
            attempt ->
                Stream.of(attempt.backend(), attempt.key(), attempt.reason())
                    .map(part -> part == null ? "-" : part.replaceAll("\\d", ""))
                    .reduce((a, b) -> a + " " + b)
                    .orElseThrow())
        .toList();
  }

  private static List<String> send(Relay relay, boolean streaming) throws Exception {
    Seen seen = Seen.of(relay.client(), HELLO, streaming);
    assertThat(seen.failure()).isNull();
    return trail(seen.trail());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anExhaustedKeyGivesWayToTheNextOne(boolean streaming) throws Exception {
    RELAYS.sandbox().scriptKey(one, FIRST, Scenario.http(429));
    Relay relay = relay();
    assertThat(send(relay, streaming)).containsExactly("one first rate_limited", "one second -");
    assertThat(send(relay, streaming)).containsExactly("one second -");
    assertThat(relay.health(one).getBoolean("available")).isTrue();
    assertThat(relay.hooks().ofRequests()).noneMatch(hook -> hook.startsWith("onFallback"));
  }

  @Test
  void aRefusedKeyIsNotUsedAndTheOthersAre() throws Exception {
    RELAYS.sandbox().scriptKey(one, FIRST, Scenario.http(401));
    List<Exhausted> events = new CopyOnWriteArrayList<>();
    Relay relay =
        RELAYS.deploy(
            options(key("first", FIRST), key("second", SECOND)),
            new RelayListener() {
              @Override
              public void onExhausted(Exhausted event) {
                events.add(event);
              }
            });
    assertThat(send(relay, true)).containsExactly("one first authentication", "one second -");
    assertThat(send(relay, true)).containsExactly("one second -");
    JsonObject keys = relay.health(one).getJsonObject("keys");
    assertThat(keys.getJsonObject("first").getString("key")).isEqualTo("refused");
    assertThat(keys.getJsonObject("second").getBoolean("available")).isTrue();
    assertThat(keys.getJsonObject("second").containsKey("key_probe_in_ms")).isFalse();
    assertThat(relay.health(one).getString("key")).isNull();
    eventually(
        () ->
            assertThat(
                    relay
                        .health(one)
                        .getJsonObject("keys")
                        .getJsonObject("first")
                        .getInteger("key_probe_in_ms"))
                .isBetween(0, 30_000));
    eventually(
        () ->
            assertThat(events).containsExactly(new Exhausted(one, "first", "authentication", -1)));
    assertThat(relay.health().encode() + events).doesNotContain(FIRST, SECOND);
  }

  @Test
  void aBackendIsSkippedOnceAllItsKeysAreOut() throws Exception {
    RELAYS.sandbox().scriptKey(one, FIRST, Scenario.of("429-retry-after-60"));
    RELAYS.sandbox().scriptKey(one, SECOND, Scenario.of("429-retry-after-30"));
    Relay relay = relay();
    assertThat(send(relay, true))
        .containsExactly("one first rate_limited", "one second rate_limited", "two - -");
    Seen next = Seen.of(relay.client(), HELLO, true);
    assertThat(trail(next.trail())).containsExactly("one - exhausted", "two - -");
    assertThat(next.trail().get(0).message()).startsWith("none of 2 keys, second: rate_limited");
    Plan.Entry skipped = get(relay.client().plan(HELLO)).candidates().get(1);
    assertThat(skipped.skip()).isEqualTo(SkipReason.EXHAUSTED);
    assertThat(skipped.availableInMs()).isBetween(1L, 30_000L);
    assertThat(relay.health(one).getBoolean("available")).isTrue();
    assertThat(relay.health(one).getJsonObject("exhausted").getLong(one + "/m"))
        .isBetween(1L, 30_000L);
  }

  @Test
  void theFailureSaysWhenTheFirstKeyIsAvailableAgain() throws Exception {
    RELAYS.sandbox().scriptKey(one, FIRST, Scenario.of("429-retry-after-20"));
    RELAYS.sandbox().scriptKey(one, SECOND, Scenario.of("429-retry-after-60"));
    RelayOptions options = options(key("first", FIRST), key("second", SECOND));
    options.getBackends().remove(two);
    Relay relay = RELAYS.deploy(options);
    for (int i = 0; i < 2; i++) {
      Seen seen = Seen.of(relay.client(), HELLO, true);
      assertThat(seen.failure().retryAfterMs()).isBetween(1L, 20_000L);
    }
  }

  @Test
  void anotherKeyIsNoRemedyForAServerThatFails() throws Exception {
    RELAYS.sandbox().script(one, Scenario.http(500), Scenario.of("503-retry-after-60"));
    Relay relay = relay();
    assertThat(send(relay, true)).containsExactly("one first server_error", "two - -");
    assertThat(send(relay, true)).containsExactly("one first overloaded", "two - -");
    assertThat(send(relay, true)).containsExactly("one - exhausted", "two - -");
  }

  @Test
  void keysAreUsedInProportionToTheirWeights() throws Exception {
    RelayOptions options =
        options(
            key("first", FIRST).setWeight(3),
            key("second", SECOND),
            key("spare", THIRD).setWeight(0));
    options.getBackends().get(one).setPreferKey(Prefer.WEIGHT);
    Relay relay = RELAYS.deploy(options);
    int first = 0;
    for (int i = 0; i < 200; i++) {
      List<String> trail = send(relay, false);
      assertThat(trail).hasSize(1).doesNotContain("one spare -");
      first += trail.contains("one first -") ? 1 : 0;
    }
    assertThat(first).isBetween(115, 185); // 150 expected; six standard deviations.
    RELAYS.sandbox().scriptKey(one, FIRST, Scenario.http(429));
    RELAYS.sandbox().scriptKey(one, SECOND, Scenario.http(429));
    assertThat(send(relay, false)).hasSize(3).last().isEqualTo("one spare -");
  }

  @Test
  void theLeastBusyKeyIsUsed() throws Exception {
    RelayOptions options = options(key("first", FIRST), key("second", SECOND));
    options.getBackends().get(one).setPreferKey(Prefer.LEAST_BUSY);
    Relay relay = RELAYS.deploy(options);
    RELAYS.sandbox().script(one, Scenario.of("stall-after-1"));
    List<Seen> open = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      Seen seen = Seen.begin(relay.client(), HELLO, true, Future.future(never -> {}));
      eventually(() -> assertThat(seen.stream()).isNotNull());
      open.add(seen);
    }
    JsonObject keys = relay.health(one).getJsonObject("keys");
    assertThat(keys.getJsonObject("first").getInteger("in_use")).isEqualTo(3);
    assertThat(keys.getJsonObject("second").getInteger("in_use")).isEqualTo(3);
    open.forEach(seen -> seen.stream().cancel());
    eventually(
        () ->
            assertThat(
                    relay
                        .health(one)
                        .getJsonObject("keys")
                        .getJsonObject("first")
                        .getInteger("in_use"))
                .isZero());
  }

  @Test
  void aKeyHasABudgetOfItsOwn() throws Exception {
    Relay relay =
        RELAYS.deploy(
            options(
                key("first", FIRST).setBudget(new BudgetOptions().setRequestsPerDay(2L)),
                key("second", SECOND)));
    assertThat(send(relay, true)).containsExactly("one first -");
    assertThat(send(relay, true)).containsExactly("one first -");
    assertThat(send(relay, true)).containsExactly("one second -");
    JsonObject first = relay.health(one).getJsonObject("keys").getJsonObject("first");
    assertThat(first.getJsonObject("budget").getJsonObject("requests-per-day").getInteger("used"))
        .isEqualTo(2);
    assertThat(first.getBoolean("available")).isFalse();
    assertThat(relay.health(one).getBoolean("available")).isTrue();
  }

  /** Begins requests until they stream. */
  private List<Seen> occupy(Relay relay, int requests) {
    List<Seen> open = new ArrayList<>();
    for (int i = 0; i < requests; i++) {
      Seen seen = Seen.begin(relay.client(), HELLO, true, Future.future(never -> {}));
      eventually(() -> assertThat(seen.stream()).isNotNull());
      open.add(seen);
    }
    return open;
  }

  private int ofKey(Relay relay, String key, String field) {
    return relay.health(one).getJsonObject("keys").getJsonObject(key).getInteger(field);
  }

  /** Options of one backend whose keys have a connection each. */
  private RelayOptions limited() {
    RelayOptions options =
        options(
            key("first", FIRST).setMaxConnections(1), key("second", SECOND).setMaxConnections(1));
    options.getBackends().remove(two);
    options.setQueue(new QueueOptions().setMax(10).setWait(Duration.ofMinutes(1)));
    options.setTimeouts(
        new Timeouts(Duration.ofMinutes(1), null, Duration.ofMinutes(1), null, null));
    return options;
  }

  @Test
  void aKeyWithoutAFreeConnectionIsPassedOver() throws Exception {
    RELAYS.sandbox().script(one, Scenario.of("stall-after-1"));
    Relay relay =
        RELAYS.deploy(
            options(
                key("first", FIRST).setMaxConnections(2),
                key("second", SECOND).setMaxConnections(1),
                key("third", THIRD).setMaxConnections(1)));
    List<Seen> open = occupy(relay, 4);
    assertThat(open.stream().map(seen -> seen.stream().trail().get(0).key()))
        .containsExactly("first", "first", "second", "third");
    assertThat(ofKey(relay, "first", "in_use")).isEqualTo(2);
    assertThat(ofKey(relay, "first", "max")).isEqualTo(2);

    assertThat(send(relay, true)).containsExactly("one - saturated", "two - -");
    open.get(2).stream().cancel();
    eventually(() -> assertThat(ofKey(relay, "second", "in_use")).isZero());
    open.set(2, occupy(relay, 1).get(0));
    assertThat(open.get(2).stream().trail().get(0).key()).isEqualTo("second");
    open.forEach(seen -> seen.stream().cancel());
  }

  @Test
  void requestsWaitForTheFirstFreeConnectionOfAnyKey() throws Exception {
    RELAYS.sandbox().script(one, Scenario.of("stall-after-1"));
    Relay relay = RELAYS.deploy(limited());
    List<Seen> open = occupy(relay, 2);
    List<Seen> waiting = new ArrayList<>();
    for (int i = 1; i <= 3; i++) {
      int expected = i;
      waiting.add(Seen.begin(relay.client(), HELLO, true, Future.future(never -> {})));
      eventually(() -> assertThat(ofKey(relay, "first", "waiting")).isEqualTo(expected));
      assertThat(ofKey(relay, "second", "waiting")).isEqualTo(expected);
    }
    open.get(1).stream().cancel();
    eventually(() -> assertThat(waiting.get(0).stream()).isNotNull());
    open.get(0).stream().cancel();
    eventually(() -> assertThat(waiting.get(1).stream()).isNotNull());
    assertThat(trail(waiting.get(0).stream().trail())).last().isEqualTo("one second -");
    assertThat(trail(waiting.get(1).stream().trail())).last().isEqualTo("one first -");
    assertThat(waiting.get(2).stream()).isNull();
    assertThat(RELAYS.calls(one)).isEqualTo(4);
    waiting.get(0).stream().cancel();
    eventually(() -> assertThat(waiting.get(2).stream()).isNotNull());
    assertThat(trail(waiting.get(2).stream().trail())).last().isEqualTo("one second -");
    waiting.get(1).stream().cancel();
    waiting.get(2).stream().cancel();
    for (String key : List.of("first", "second")) {
      eventually(() -> assertThat(ofKey(relay, key, "in_use")).isZero());
      assertThat(ofKey(relay, key, "waiting")).isZero();
    }
    assertThat(relay.health(one).getJsonObject("connections").getInteger("in_use")).isZero();
  }

  @Test
  void whoWaitsTooLongForAConnectionOfAKeyIsToldWhichLimitIsReached() throws Exception {
    RELAYS.sandbox().script(one, Scenario.of("stall-after-1"));
    RelayOptions options = limited();
    options.getQueue().setWait(Duration.ofMillis(200));
    Relay relay = RELAYS.deploy(options);
    List<Seen> open = occupy(relay, 2);
    Failure failure = Seen.of(relay.client(), HELLO, true).failure();
    assertThat(failure.kind()).isEqualTo(FailureKind.SATURATED);
    assertThat(failure.message())
        .contains("none of 2 keys, first: all 1 connections (max-connections) are in use");
    assertThat(failure.retryAfterMs()).isPositive();
    assertThat(ofKey(relay, "first", "waiting")).isZero();
    assertThat(relay.health(one).getBoolean("available")).isTrue();
    open.forEach(seen -> seen.stream().cancel());
  }

  @Test
  void aKeyThatCannotBeUsedIsNotWaitedFor() throws Exception {
    RELAYS.sandbox().scriptKey(one, FIRST, Scenario.of("429-retry-after-60"));
    RELAYS.sandbox().scriptKey(one, SECOND, Scenario.of("stall-after-1"));
    Relay relay = RELAYS.deploy(limited());
    List<Seen> open = occupy(relay, 1);
    Seen waiting = Seen.begin(relay.client(), HELLO, true, Future.future(never -> {}));
    eventually(() -> assertThat(ofKey(relay, "second", "waiting")).isEqualTo(1));
    assertThat(ofKey(relay, "first", "waiting")).isZero();
    open.get(0).stream().cancel();
    eventually(() -> assertThat(waiting.stream()).isNotNull());
    assertThat(trail(waiting.stream().trail())).last().isEqualTo("one second -");
    waiting.stream().cancel();
  }

  @Test
  void theLimitsOfTheBackendAndOfItsKeysHoldTogether() throws Exception {
    RELAYS.sandbox().script(one, Scenario.of("stall-after-1"));
    RelayOptions options = limited().setLanes(2);
    options.getQueue().setMax(100);
    options.getBackends().get(one).setMaxConnections(3).setPreferKey(Prefer.WEIGHT);
    options.getBackends().get(one).getApiKeys().forEach(key -> key.setMaxConnections(2));
    Relay relay = RELAYS.deploy(options);
    List<Seen> open = occupy(relay, 3);
    List<Seen> waiting = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      waiting.add(Seen.begin(relay.client(), HELLO, true, Future.future(never -> {})));
    }
    eventually(
        () ->
            assertThat(
                    relay.health(one).getJsonObject("connections").getInteger("waiting")
                        + ofKey(relay, "first", "waiting")
                        + ofKey(relay, "second", "waiting"))
                .isGreaterThanOrEqualTo(40));
    assertThat(RELAYS.calls(one)).isEqualTo(3);
    RELAYS.sandbox().script(one, Scenario.ok());
    open.forEach(seen -> seen.stream().cancel());
    for (Seen seen : waiting) {
      assertThat(seen.await().failure()).isNull();
    }
    for (String key : List.of("first", "second")) {
      eventually(() -> assertThat(ofKey(relay, key, "in_use")).isZero());
      assertThat(ofKey(relay, key, "waiting")).isZero();
    }
    assertThat(relay.health(one).getJsonObject("connections").getInteger("in_use")).isZero();
  }

  @Test
  void rotatingOneKeyKeepsWhatIsKnownOfTheOther() throws Exception {
    RELAYS.sandbox().scriptKey(one, FIRST, Scenario.http(429));
    RELAYS.sandbox().scriptKey(one, SECOND, Scenario.http(401));
    Relay relay = relay();
    assertThat(send(relay, true)).last().isEqualTo("two - -");

    RelayOptions rotated = options(key("first", FIRST), key("second", THIRD));
    rotated.getBus().setPrefix(relay.prefix());
    get(relay.verticle().reload(rotated));
    assertThat(send(relay, true)).containsExactly("one second -");
    JsonObject keys = relay.health(one).getJsonObject("keys");
    assertThat(keys.getJsonObject("first").getJsonObject("exhausted").fieldNames())
        .containsExactly(one + "/m");
    assertThat(keys.getJsonObject("second").getString("key")).isNull();
  }

  @Test
  void cancellingReleasesTheKey() throws Exception {
    RELAYS.sandbox().script(one, Scenario.of("stall"));
    Relay relay = relay();
    Seen seen = Seen.begin(relay.client(), HELLO, true, Future.succeededFuture());
    seen.await();
    eventually(
        () ->
            assertThat(
                    relay
                        .health(one)
                        .getJsonObject("keys")
                        .getJsonObject("first")
                        .getInteger("in_use"))
                .isZero());
  }
}
