package io.llmrelay.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;

import io.llmrelay.bus.BusSettings;
import io.llmrelay.catalog.Catalog;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.RelayHints;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.BudgetOptions;
import io.llmrelay.config.CircuitOptions;
import io.llmrelay.observe.Listeners;
import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.RelayListener;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What coordinators know of the backends: learnt, told to each other, kept over a restart. */
@ExtendWith(VertxExtension.class)
class AvailabilityTest {
  private static final Candidate M = new Candidate("a", "m", null);
  private static final Candidate N = new Candidate("a", "n", null);
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

  private Availability open(Path stateFile, Duration firstProbe) throws Exception {
    CoordinatorSettings settings =
        new CoordinatorSettings(
            "llm",
            "lane",
            "lane",
            BusSettings.DEFAULT,
            List.of(
                new Backend("a", null, "test", List.of(), "m", request -> null),
                new Backend("b", null, "test", List.of(), "m", request -> null)),
            List.of(),
            Map.of(),
            RelayHints.Prefer.ORDER,
            null,
            null,
            new CircuitOptions(),
            Catalog.builtIn(),
            100,
            Map.of("a", new BudgetOptions().setTokensPerDay(1_000L).setDailyUsd(1.0)),
            stateFile,
            true);
    RelayListener log =
        new RelayListener() {
          @Override
          public void onExhausted(RelayEvent.Exhausted event) {
            told.add(event.candidate() + " " + event.reason() + " " + event.forMs());
          }
        };
    Availability availability =
        new Availability(vertx, settings, new Listeners(List.of(log)), clock, now::get, firstProbe);
    get(availability.open(null));
    // As its coordinator does for it.
    MessageConsumer<Object> others =
        vertx
            .eventBus()
            .consumer(
                settings.prefix() + Availability.ANNOUNCE, news -> availability.heard(news.body()));
    get(others.completion());
    return availability;
  }

  private Availability open() throws Exception {
    return open(null, Duration.ofHours(1));
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private static void fail(Availability availability, Candidate candidate, FailureKind kind) {
    availability.note(candidate, Outcome.FAILURE, Failure.of(kind, "it said so"));
  }

  private static FailureKind why(Availability availability, Candidate candidate) {
    Gate.Skip skip = availability.look(candidate, false);
    return skip == null ? null : skip.kind();
  }

  /** An attempt that takes what {@link #USAGE} says. */
  private static void spend(Availability availability, double usd) {
    Spend expected = Spend.of(100, usd);
    assertThat(availability.budgets().of("a").enter(expected)).isNull();
    availability.budgets().of("a").leave(expected, USAGE, usd);
  }

  private static JsonObject used(Availability availability) {
    JsonObject report = availability.budgets().of("a").report();
    JsonObject used = new JsonObject();
    report.fieldNames().forEach(l -> used.put(l, report.getJsonObject(l).getValue("used")));
    return used;
  }

  @Test
  void aRateLimitLeavesTheOtherModelsAndAQuotaDoesNot() throws Exception {
    Availability here = open();
    fail(here, M, FailureKind.RATE_LIMITED);
    assertThat(why(here, M)).isEqualTo(FailureKind.RATE_LIMITED);
    assertThat(why(here, N)).isNull();
    fail(here, M, FailureKind.QUOTA_EXHAUSTED);
    assertThat(why(here, M)).isEqualTo(FailureKind.QUOTA_EXHAUSTED);
    assertThat(why(here, N)).isEqualTo(FailureKind.QUOTA_EXHAUSTED);
    assertThat(told).containsExactly("a/m rate_limited 10000", "a quota_exhausted 300000");
    now.addAndGet(10_000);
    assertThat(why(here, M)).isEqualTo(FailureKind.QUOTA_EXHAUSTED);
    now.addAndGet(290_000);
    assertThat(why(here, M)).isNull();
  }

  @Test
  void aRefusedKeyIsKnownEverywhereUntilAProbeSucceeds() throws Exception {
    Availability here = open(null, Duration.ofMillis(300));
    Availability there = open();
    fail(here, M, FailureKind.AUTHENTICATION);
    fail(here, N, FailureKind.AUTHENTICATION);
    assertThat(why(here, N)).isEqualTo(FailureKind.AUTHENTICATION);
    await().until(() -> why(there, N) == FailureKind.AUTHENTICATION);
    assertThat(told).containsExactly("a authentication -1");
    probe = new JsonObject().put("ok", true);
    await().until(() -> why(here, N) == null && why(there, N) == null);
    assertThat(told).containsExactly("a authentication -1", "a authentication 0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"AUTHENTICATION", "NETWORK", "TIMEOUT", "PERMISSION"})
  void noAnswerIsNoLeave(String kind) throws Exception {
    probe = refusal(FailureKind.valueOf(kind));
    Availability here = open(null, Duration.ofMillis(10));
    fail(here, M, FailureKind.AUTHENTICATION);
    await().untilAtomic(probes, greaterThanOrEqualTo(3));
    assertThat(why(here, M)).isEqualTo(FailureKind.AUTHENTICATION);
  }

  @Test
  void withoutAPermissionTheKeyIsStillGood() throws Exception {
    Availability here = open();
    fail(here, M, FailureKind.PERMISSION);
    assertThat(why(here, M)).isNull();
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
    assertThat(here.budgets().of("a").enter(Spend.of(0, 0.5))).isNull();
    assertThat(there.budgets().of("a").look(Spend.of(0, 0.5))).isNull();
    assertThat(here.budgets().of("a").look(Spend.of(0, 0.5))).isNotNull();
  }

  @Test
  void everythingSurvivesARestart() throws Exception {
    Path file = folder.resolve("state.json");
    Availability before = open(file, Duration.ofHours(1));
    fail(before, M, FailureKind.RATE_LIMITED);
    fail(before, new Candidate("b", "m", null), FailureKind.QUOTA_EXHAUSTED);
    spend(before, 0.25);
    get(before.close());
    JsonObject saved = new JsonObject(Files.readString(file));
    assertThat(saved.getInteger("version")).isEqualTo(1);
    assertThat(saved.encode()).doesNotContain("it said so");

    clock.advance(Duration.ofSeconds(20));
    now.set(5);
    Availability after = open(file, Duration.ofHours(1));
    assertThat(why(after, M)).as("10 s are over").isNull();
    assertThat(after.look(new Candidate("b", "m", null), false).availableInMs()).isEqualTo(280_000);
    assertThat(used(after))
        .isEqualTo(new JsonObject().put("daily-usd", 0.25).put("tokens-per-day", 100L));
    assertThat(told).as("nothing is told again").hasSize(2);
  }

  @Test
  void aRefusedKeySurvivesARestartAndIsProbedAtOnce() throws Exception {
    Path file = folder.resolve("state.json");
    Availability before = open(file, Duration.ofHours(1));
    fail(before, M, FailureKind.AUTHENTICATION);
    get(before.close());

    Availability sameKey = open(file, Duration.ofHours(1));
    assertThat(why(sameKey, M)).isEqualTo(FailureKind.AUTHENTICATION);
    get(sameKey.close());

    probe = new JsonObject().put("ok", true);
    Availability newKey = open(file, Duration.ofHours(1));
    await().until(() -> why(newKey, M) == null);
    get(newKey.close());
    assertThat(Files.readString(file)).doesNotContain("authentication");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"version\": 1, \"exhausted\": {\"a\": 7}}",
        "{\"version\": 1, \"exhausted\": {\"b\": {\"reason\": \"quota_exhausted\", \"until\": 9999999999999}, \"a\": {\"reason\": \"rate_limited\"}}}",
        "{\"version\": 1, \"exhausted\": [], \"spend\": {}}",
        "{\"version\": 1, \"spend\": {\"a\": {\"daily-usd\": {\"since\": 1795305600000}}}}",
        "{\"version\": 1, \"spend\": {\"a\": {\"daily-usd\": {\"used\": 1}}}}",
        "{\"version\": 3, \"exhausted\": {\"a\": {\"reason\": \"authentication\"}}}"
      })
  void aFileThatMakesNoSenseIsIgnoredAsAWhole(String text) throws Exception {
    Path file = Files.writeString(folder.resolve("state.json"), text);
    Availability after = open(file, Duration.ofHours(1));
    assertThat(why(after, M)).isNull();
    assertThat(why(after, new Candidate("b", "m", null))).isNull();
    assertThat(used(after))
        .isEqualTo(new JsonObject().put("daily-usd", 0.0).put("tokens-per-day", 0L));
  }

  @Test
  void anOldFileSaysNothingAnyMore() throws Exception {
    Path file = folder.resolve("state.json");
    Availability before = open(file, Duration.ofHours(1));
    fail(before, M, FailureKind.QUOTA_EXHAUSTED);
    spend(before, 0.25);
    get(before.close());
    clock.advance(Duration.ofDays(1));
    Availability after = open(file, Duration.ofHours(1));
    assertThat(why(after, M)).isNull();
    assertThat(used(after))
        .isEqualTo(new JsonObject().put("daily-usd", 0.0).put("tokens-per-day", 0L));
  }
}
