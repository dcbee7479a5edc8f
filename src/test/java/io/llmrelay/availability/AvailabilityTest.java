package io.llmrelay.availability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;

import io.llmrelay.availability.Cooldown.Scope;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.RelayHints;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.BudgetOptions;
import io.llmrelay.config.CircuitOptions;
import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.RelayListener;
import io.llmrelay.observe.impl.Listeners;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** State of the backends: updated by attempts, announced to other nodes, kept over a restart. */
@ExtendWith(VertxExtension.class)
class AvailabilityTest {
  private static final TokenUsage USAGE =
      new TokenUsage(60, 40, 0, 0, 0, TokenUsage.Source.PROVIDER);

  @TempDir Path folder;

  private final WallClock clock = new WallClock("2026-11-22T18:00:30Z");
  private final List<String> told = new CopyOnWriteArrayList<>();
  private final AtomicInteger probes = new AtomicInteger();
  private volatile JsonObject probe = refusal(FailureKind.AUTHENTICATION);
  private final AtomicLong now = new AtomicLong(1_000_000);
  private Vertx vertx;

  @BeforeEach
  void provider(Vertx vertx) {
    this.vertx = vertx;
    vertx
        .eventBus()
        .consumer(
            "lane.provider.a.probe",
            message -> {
              probes.incrementAndGet();
              assertThat(message.body()).isEqualTo(new JsonObject().put("key", true));
              message.reply(probe);
            });
  }

  private static JsonObject refusal(FailureKind kind) {
    return new JsonObject()
        .put("ok", false)
        .put("failure", Failure.of(kind, "it said so").toJson());
  }

  private static AvailabilitySettings settings(Path stateFile, BudgetOptions budget) {
    return new AvailabilitySettings(
        "llm",
        "lane",
        List.of(
            new AvailabilitySettings.Backend("a", "account", 10, budget),
            new AvailabilitySettings.Backend("b", "other account", 10, null)),
        new CircuitOptions().setMaxFailures(2),
        10,
        Duration.ofDays(31),
        stateFile);
  }

  private Availability open(Path stateFile, Duration firstProbe) throws Exception {
    AvailabilitySettings settings =
        settings(stateFile, new BudgetOptions().setTokensPerDay(1_000L).setDailyUsd(1.0));
    RelayListener log =
        new RelayListener() {
          @Override
          public void onExhausted(RelayEvent.Exhausted event) {
            told.add(event.candidate() + " " + event.reason() + " " + event.forMs());
          }
        };
    Availability availability = new Availability(vertx, clock, now::get, firstProbe);
    get(availability.open(settings, new Listeners(List.of(log))));
    availability.probeRefusedKeys();
    return availability;
  }

  private Availability open() throws Exception {
    return open(null, Duration.ofHours(1));
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private static Permit enter(Availability availability, String backend, String model) {
    return (Permit)
        availability
            .backends()
            .enter(backend, model, Cost.NOTHING, false, new KeyPreference(0), null);
  }

  private static void fail(Availability availability, String model, Scope scope, FailureKind kind) {
    long forMs = kind == FailureKind.QUOTA_EXHAUSTED ? 300_000 : 10_000;
    enter(availability, "a", model)
        .settle(Outcome.EXHAUSTED, new Cooldown(scope, kind, forMs), TokenUsage.NONE, null);
  }

  private static FailureKind why(Availability availability, String backend, String model) {
    Skip skip = availability.backends().check(backend, model, null);
    return skip == null ? null : skip.kind();
  }

  private static FailureKind why(Availability availability, String model) {
    return why(availability, "a", model);
  }

  private static Budget budget(Availability availability) {
    return availability.backends().all().get("a").budget;
  }

  /** An attempt that takes what {@link #USAGE} says. */
  private static void spend(Availability availability, double usd) {
    Cost expected = Cost.of(100, usd);
    Entry entry =
        availability.backends().enter("a", "m", expected, false, new KeyPreference(0), null);
    ((Permit) entry).settle(Outcome.ALIVE, null, USAGE, usd);
  }

  private static JsonObject used(Availability availability) {
    JsonObject report = budget(availability).report();
    JsonObject used = new JsonObject();
    report.fieldNames().forEach(l -> used.put(l, report.getJsonObject(l).getValue("used")));
    return used;
  }

  @Test
  void aRateLimitLeavesTheOtherModelsAndAQuotaDoesNot() throws Exception {
    Availability here = open();
    fail(here, "m", Scope.MODEL, FailureKind.RATE_LIMITED);
    assertThat(why(here, "m")).isEqualTo(FailureKind.RATE_LIMITED);
    assertThat(why(here, "n")).isNull();
    fail(here, "n", Scope.BACKEND, FailureKind.QUOTA_EXHAUSTED);
    assertThat(why(here, "m")).isEqualTo(FailureKind.QUOTA_EXHAUSTED);
    assertThat(why(here, "n")).isEqualTo(FailureKind.QUOTA_EXHAUSTED);
    assertThat(told).containsExactly("a/m rate_limited 10000", "a quota_exhausted 300000");
    now.addAndGet(10_000);
    assertThat(why(here, "m")).isEqualTo(FailureKind.QUOTA_EXHAUSTED);
    now.addAndGet(290_000);
    assertThat(why(here, "m")).isNull();
  }

  @Test
  void aRefusedKeyIsKnownEverywhereUntilAProbeSucceeds() throws Exception {
    Availability here = open(null, Duration.ofMillis(300));
    Availability there = open();
    Permit other = enter(here, "a", "n");
    fail(here, "m", Scope.KEY, FailureKind.AUTHENTICATION);
    other.settle(
        Outcome.EXHAUSTED,
        new Cooldown(Scope.KEY, FailureKind.AUTHENTICATION, 0),
        TokenUsage.NONE,
        null);
    assertThat(why(here, "n")).isEqualTo(FailureKind.AUTHENTICATION);
    await().until(() -> why(there, "n") == FailureKind.AUTHENTICATION);
    assertThat(told).containsExactly("a authentication -1");
    probe = new JsonObject().put("ok", true);
    await().until(() -> why(here, "n") == null && why(there, "n") == null);
    assertThat(told).containsExactly("a authentication -1", "a authentication 0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"AUTHENTICATION", "NETWORK", "TIMEOUT", "PERMISSION"})
  void noAnswerIsNoLeave(String kind) throws Exception {
    probe = refusal(FailureKind.valueOf(kind));
    Availability here = open(null, Duration.ofMillis(10));
    fail(here, "m", Scope.KEY, FailureKind.AUTHENTICATION);
    await().untilAtomic(probes, greaterThanOrEqualTo(3));
    assertThat(why(here, "m")).isEqualTo(FailureKind.AUTHENTICATION);
  }

  @Test
  void aBudgetIsSharedByWhatEachHasSpent() throws Exception {
    Availability here = open();
    Availability there = open();
    spend(here, 0.25);
    spend(there, 0.125);
    JsonObject both = new JsonObject().put("daily-usd", 0.375).put("tokens-per-day", 200L);
    await().untilAsserted(() -> assertThat(used(here)).isEqualTo(both));
    await().untilAsserted(() -> assertThat(used(there)).isEqualTo(both));
    // What is under way elsewhere is not known here.
    assertThat(budget(here).enter(Cost.of(0, 0.5))).isNull();
    assertThat(budget(there).check(Cost.of(0, 0.5))).isNull();
    assertThat(budget(here).check(Cost.of(0, 0.5))).isNotNull();
  }

  @Test
  void everythingSurvivesARestart() throws Exception {
    Path file = folder.resolve("state.json");
    Availability before = open(file, Duration.ofHours(1));
    spend(before, 0.25);
    fail(before, "m", Scope.MODEL, FailureKind.RATE_LIMITED);
    enter(before, "b", "m")
        .settle(
            Outcome.EXHAUSTED,
            new Cooldown(Scope.BACKEND, FailureKind.QUOTA_EXHAUSTED, 300_000),
            TokenUsage.NONE,
            null);
    get(before.close());
    JsonObject saved = new JsonObject(Files.readString(file));
    assertThat(saved.getInteger("version")).isEqualTo(1);
    assertThat(saved.encode()).doesNotContain("it said so");

    clock.advance(Duration.ofSeconds(20));
    now.set(5);
    Availability after = open(file, Duration.ofHours(1));
    assertThat(why(after, "m")).as("10 s are over").isNull();
    assertThat(after.backends().check("b", "m", null).availableInMs()).isEqualTo(280_000);
    assertThat(used(after))
        .isEqualTo(new JsonObject().put("daily-usd", 0.25).put("tokens-per-day", 100L));
    assertThat(told).as("nothing is told again").hasSize(2);
  }

  @Test
  void aRefusedKeySurvivesARestartAndIsProbedAtOnce() throws Exception {
    Path file = folder.resolve("state.json");
    Availability before = open(file, Duration.ofHours(1));
    fail(before, "m", Scope.KEY, FailureKind.AUTHENTICATION);
    get(before.close());

    Availability sameKey = open(file, Duration.ofHours(1));
    assertThat(why(sameKey, "m")).isEqualTo(FailureKind.AUTHENTICATION);
    get(sameKey.close());

    probe = new JsonObject().put("ok", true);
    Availability newKey = open(file, Duration.ofHours(1));
    await().until(() -> why(newKey, "m") == null);
    get(newKey.close());
    assertThat(Files.readString(file)).doesNotContain("authentication");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"version\": 1, \"exhausted\": {\"a\": 7}}",
        "{\"version\": 1, \"exhausted\": {\"b\": {\"reason\": \"quota_exhausted\", \"until\":"
            + " 9999999999999}, \"a\": {\"reason\": \"rate_limited\"}}}",
        "{\"version\": 1, \"exhausted\": [], \"spend\": {}}",
        "{\"version\": 1, \"spend\": {\"a\": {\"daily-usd\": {\"since\": 1795305600000}}}}",
        "{\"version\": 1, \"spend\": {\"a\": {\"daily-usd\": {\"used\": 1}}}}",
        "{\"version\": 3, \"exhausted\": {\"a\": {\"reason\": \"authentication\"}}}"
      })
  void aFileThatMakesNoSenseIsIgnoredAsAWhole(String text) throws Exception {
    Path file = Files.writeString(folder.resolve("state.json"), text);
    Availability after = open(file, Duration.ofHours(1));
    assertThat(why(after, "m")).isNull();
    assertThat(why(after, "b", "m")).isNull();
    assertThat(used(after))
        .isEqualTo(new JsonObject().put("daily-usd", 0.0).put("tokens-per-day", 0L));
  }

  @Test
  void anOldFileSaysNothingAnyMore() throws Exception {
    Path file = folder.resolve("state.json");
    Availability before = open(file, Duration.ofHours(1));
    spend(before, 0.25);
    fail(before, "m", Scope.BACKEND, FailureKind.QUOTA_EXHAUSTED);
    get(before.close());
    clock.advance(Duration.ofDays(1));
    now.addAndGet(Duration.ofDays(1).toMillis());
    Availability after = open(file, Duration.ofHours(1));
    assertThat(why(after, "m")).isNull();
    assertThat(used(after))
        .isEqualTo(new JsonObject().put("daily-usd", 0.0).put("tokens-per-day", 0L));
  }

  @Test
  void aCircuitThatOpenedElsewhereMakesOursOpenWithTheNextFailureOnly() throws Exception {
    Availability here = open();
    Availability there = open();
    failTwice(there);
    assertThat(why(there, "m")).isEqualTo(FailureKind.UNAVAILABLE);
    await().until(() -> here.backends().health("a").details().getJsonObject("circuit").size() == 1);
    assertThat(why(here, "m")).as("never opened by others").isNull();
    enter(here, "a", "m").settle(Outcome.FAILURE, null, TokenUsage.NONE, null);
    assertThat(why(here, "m")).isEqualTo(FailureKind.UNAVAILABLE);
  }

  @Test
  void aSuccessEndsTheSuspicion() throws Exception {
    Availability here = open();
    Availability there = open();
    failTwice(there);
    await().until(() -> here.backends().health("a").details().getJsonObject("circuit").size() == 1);
    enter(here, "a", "m").settle(Outcome.ALIVE, null, TokenUsage.NONE, null);
    enter(here, "a", "m").settle(Outcome.FAILURE, null, TokenUsage.NONE, null);
    assertThat(why(here, "m")).isNull();
  }

  private static void failTwice(Availability availability) {
    failTwice(availability, "m");
  }

  private static void failTwice(Availability availability, String model) {
    for (int i = 0; i < 2; i++) {
      enter(availability, "a", model).settle(Outcome.FAILURE, null, TokenUsage.NONE, null);
    }
  }

  private static JsonObject cooldown(String account) {
    return new JsonObject()
        .put("account", account)
        .put("cooldown", "quota_exhausted")
        .put("for_ms", 5_000);
  }

  private static JsonObject key(String state, long revision) {
    return new JsonObject().put("account", "account").put("key", state).put("revision", revision);
  }

  /** Publishes news as another relay would, perhaps one of a later version. */
  private void publish(Object... news) {
    vertx
        .eventBus()
        .publish(
            "llm.announce",
            new JsonObject()
                .put("version", 2)
                .put("node", "another")
                .put("news", new JsonArray(List.of(news)))
                .put("weather", "fine"));
  }

  @Test
  void newsOfAnotherAccountAndWhatIsNotUnderstoodAreIgnored() throws Exception {
    Availability here = open();
    vertx.eventBus().publish("llm.announce", "no announcement");
    vertx.eventBus().publish("llm.announce", new JsonObject().put("news", "none"));
    publish(
        cooldown("another"),
        cooldown("account").put("cooldown", 7),
        cooldown("account").put("for_ms", -1),
        new JsonObject().put("account", "account").put("mood", "bad"),
        "nothing",
        key("lost", 3),
        cooldown("account").put("model", "n").put("colour", "blue"));
    await().until(() -> why(here, "n") != null);
    assertThat(why(here, "m")).isNull();
    assertThat(why(here, "b", "m")).isNull();
  }

  /** The names of backends are each node's own; the account is what they share. */
  @Test
  void newsHoldForEveryBackendOfTheAccount() throws Exception {
    Availability here = open();
    publish(cooldown("other account"));
    await().until(() -> why(here, "b", "m") == FailureKind.QUOTA_EXHAUSTED);
    assertThat(why(here, "m")).isNull();
  }

  @Test
  void whoStartsAsksWhatIsKnown() throws Exception {
    Availability before = open();
    fail(before, "m", Scope.MODEL, FailureKind.RATE_LIMITED);
    enter(before, "b", "m")
        .settle(
            Outcome.EXHAUSTED,
            new Cooldown(Scope.KEY, FailureKind.AUTHENTICATION, 0),
            TokenUsage.NONE,
            null);
    failTwice(before, "n");
    await().until(() -> why(before, "b", "m") != null);
    Availability after = open();
    // The relays take turns in answering; the first one asked may be the new one itself.
    assertThat(why(after, "m")).isEqualTo(FailureKind.RATE_LIMITED);
    assertThat(why(after, "b", "m")).isEqualTo(FailureKind.AUTHENTICATION);
    assertThat(why(after, "n")).as("suspicious only").isNull();
    enter(after, "a", "n").settle(Outcome.FAILURE, null, TokenUsage.NONE, null);
    assertThat(why(after, "n")).isEqualTo(FailureKind.UNAVAILABLE);
  }

  @Test
  void aStormOfNewsIsCoalesced() throws Exception {
    Availability here = open();
    List<JsonObject> messages = new CopyOnWriteArrayList<>();
    vertx.eventBus().<JsonObject>consumer("llm.announce", message -> messages.add(message.body()));
    Availability there = open();
    int count = 5_000;
    for (int i = 0; i < count; i++) {
      BackendState a = here.backends().all().get("a");
      a.exhausted(
          a.keys().get(0),
          "m" + i % 100,
          new Cooldown(Scope.MODEL, FailureKind.RATE_LIMITED, 10_000 + i));
    }
    for (int i = 0; i < 100; i++) {
      String model = "m" + i;
      long left = here.backends().check("a", model, null).availableInMs();
      await()
          .until(
              () -> {
                Skip skip = there.backends().check("a", model, null);
                return skip != null && skip.availableInMs() == left;
              });
    }
    int items = messages.stream().mapToInt(m -> m.getJsonArray("news").size()).sum();
    assertThat(items).as("news").isLessThan(count);
    assertThat(messages)
        .as("messages")
        .hasSizeLessThan(count / 10)
        .allMatch(m -> m.getJsonArray("news").size() <= NewsBatch.MAX);
  }

  @Test
  void theLaterStateOfAKeyHolds() throws Exception {
    Availability here = open();
    publish(key("refused", 3));
    await().until(() -> why(here, "m") == FailureKind.AUTHENTICATION);
    publish(key("accepted", 4));
    await().until(() -> why(here, "m") == null);
    publish(key("refused", 3), key("refused", 4), cooldown("account").put("model", "end"));
    await().until(() -> why(here, "end") != null);
    assertThat(why(here, "m")).as("old news").isNull();
    publish(key("refused", 5), key("accepted", 4));
    await().until(() -> why(here, "m") == FailureKind.AUTHENTICATION);
  }

  /** As one whose clock is wrong, so that its signatures are refused. */
  @Test
  void aRefutedRefusalOfAKeyIsIgnoredForAWhile() throws Exception {
    probe = new JsonObject().put("ok", true);
    Availability here = open();
    publish(key("refused", 1));
    await().until(() -> probes.get() == 1);
    await().until(() -> why(here, "m") == null);
    publish(key("refused", 9), cooldown("account").put("model", "end"));
    await().until(() -> why(here, "end") != null);
    assertThat(why(here, "m")).isNull();
    fail(here, "m", Scope.KEY, FailureKind.AUTHENTICATION);
    assertThat(why(here, "m")).as("its own attempts").isEqualTo(FailureKind.AUTHENTICATION);
  }

  @Test
  void anotherConfigurationKeepsWhatIsKnownOfTheSameBackends() throws Exception {
    Availability here = open();
    spend(here, 0.25);
    failTwice(here);
    enter(here, "b", "m").settle(Outcome.FAILURE, null, TokenUsage.NONE, null);
    Permit underWay = enter(here, "b", "m");
    here.configure(
        settings(null, new BudgetOptions().setDailyUsd(2.0)),
        new Listeners(List.of()),
        Set.of("a"));
    assertThat(why(here, "m")).as("its circuit is still open").isEqualTo(FailureKind.UNAVAILABLE);
    assertThat(used(here)).isEqualTo(new JsonObject().put("daily-usd", 0.25));
    underWay.settle(Outcome.FAILURE, null, TokenUsage.NONE, null);
    assertThat(why(here, "b", "m")).as("a failure of the backend before").isNull();
    assertThat(
            here.backends().health("b").details().getJsonObject("connections").getInteger("in_use"))
        .isZero();
  }

  @Test
  void whatIsUnderWayAtAReloadIsSpentOnce() throws Exception {
    Availability here = open();
    Cost expected = Cost.of(100, 0.25);
    Permit underWay =
        (Permit) here.backends().enter("a", "m", expected, false, new KeyPreference(0), null);
    here.configure(
        settings(null, new BudgetOptions().setTokensPerDay(2_000L).setDailyUsd(1.0)),
        new Listeners(List.of()),
        Set.of("a"));
    assertThat(budget(here).check(Cost.of(0, 0.8))).as("still reserved").isNotNull();
    underWay.settle(Outcome.ALIVE, null, USAGE, 0.25);
    assertThat(used(here))
        .isEqualTo(new JsonObject().put("daily-usd", 0.25).put("tokens-per-day", 100L));
    assertThat(budget(here).check(Cost.of(0, 0.75))).as("reserved no more").isNull();
  }

  @Test
  void aRefusedKeyIsProbedOnWhereOnlyTheCircuitsAreConfiguredOtherwise() throws Exception {
    Availability here = open(null, Duration.ofMillis(50));
    fail(here, "m", Scope.KEY, FailureKind.AUTHENTICATION);
    AvailabilitySettings same = settings(null, null);
    here.configure(
        new AvailabilitySettings(
            same.prefix(),
            same.providers(),
            same.backends(),
            new CircuitOptions().setMaxFailures(7),
            same.maxWaiting(),
            same.maxExhaustion(),
            null),
        new Listeners(List.of()),
        Set.of("a", "b"));
    assertThat(why(here, "m")).isEqualTo(FailureKind.AUTHENTICATION);
    probe = new JsonObject().put("ok", true);
    await().until(() -> why(here, "m") == null);
  }

  @Test
  void anotherConfigurationBoundsTheCooldownsFromThenOn() throws Exception {
    Availability here = open();
    AvailabilitySettings same = settings(null, null);
    here.configure(
        new AvailabilitySettings(
            same.prefix(),
            same.providers(),
            same.backends(),
            same.circuit(),
            same.maxWaiting(),
            Duration.ofMinutes(1),
            null),
        new Listeners(List.of()),
        Set.of("a", "b"));
    fail(here, "m", Scope.BACKEND, FailureKind.QUOTA_EXHAUSTED);
    assertThat(here.backends().check("a", "m", null).availableInMs()).isEqualTo(60_000);
  }

  @Test
  void oneRequestAtATimeTriesWhetherALongCooldownStillHolds() throws Exception {
    Availability here = open();
    fail(here, "m", Scope.BACKEND, FailureKind.QUOTA_EXHAUSTED);
    now.addAndGet(150_000);
    Entry trial = here.backends().enter("a", "m", Cost.NOTHING, false, new KeyPreference(0), null);
    assertThat(trial).isInstanceOf(Permit.class);
    assertThat(here.backends().enter("a", "m", Cost.NOTHING, false, new KeyPreference(0), null))
        .isInstanceOf(Skip.class);
    ((Permit) trial).firstChunk();
    assertThat(why(here, "m")).as("it works").isNull();
  }

  /** Another lane may release what a key has reserved between the refusal and its reason. */
  @Test
  void aKeyWhoseBudgetIsReleasedMeanwhileIsAPermitOrAReason() throws Exception {
    AvailabilitySettings.Key key =
        new AvailabilitySettings.Key(
            "k", "account", 1, new BudgetOptions().setTokensPerDay(100L), null);
    AvailabilitySettings settings =
        new AvailabilitySettings(
            "llm",
            "lane",
            List.of(
                new AvailabilitySettings.Backend(
                    "a", List.of(key), RelayHints.Prefer.WEIGHT, 10, null, false, null)),
            new CircuitOptions(),
            10,
            Duration.ofDays(31),
            null);
    Availability availability = new Availability(vertx, clock, now::get, Duration.ofHours(1));
    get(availability.open(settings, new Listeners(List.of())));
    Cost most = Cost.of(60, 0.0);
    Callable<Void> lane =
        () -> {
          for (int i = 0; i < 100_000; i++) {
            Entry entry =
                availability.backends().enter("a", "m", most, false, new KeyPreference(0), null);
            assertThat(entry).isNotNull();
            if (entry instanceof Permit permit) {
              permit.settle(Outcome.NEUTRAL, null, TokenUsage.NONE, null);
            }
          }
          return null;
        };
    ExecutorService lanes = Executors.newFixedThreadPool(4);
    try {
      for (java.util.concurrent.Future<Void> each : lanes.invokeAll(Collections.nCopies(4, lane))) {
        each.get();
      }
    } finally {
      lanes.shutdown();
    }
  }
}
