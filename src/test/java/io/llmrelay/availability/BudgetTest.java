package io.llmrelay.availability;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.BudgetOptions;
import io.llmrelay.observe.RelayEvent.BudgetThreshold;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One backend's budget, with a clock that is moved by hand. */
class BudgetTest {
  private final WallClock clock = new WallClock("2026-11-22T18:00:30Z");
  private final List<BudgetThreshold> told = new ArrayList<>();

  private Budget budget(BudgetOptions options) {
    return new Budget("a", options, clock, told::add, () -> {});
  }

  private static BudgetOptions options() {
    return new BudgetOptions();
  }

  private static Cost tokens(long tokens) {
    return Cost.of(tokens, null);
  }

  private static Cost usd(double usd) {
    return Cost.of(0, usd);
  }

  private static TokenUsage usage(long input, long output) {
    return new TokenUsage(input, output, 0, 0, 0, TokenUsage.Source.PROVIDER);
  }

  /** An attempt from its start to its end; {@code false} where it is not let in. */
  private static boolean attempt(Budget budget, long tokens, Double usd) {
    Cost expected = Cost.of(tokens, usd);
    if (budget.enter(expected) != null) {
      return false;
    }
    budget.settle(expected, usage(tokens, 0), usd);
    return true;
  }

  private static int attempts(Budget budget, long tokens, Double usd) {
    int attempts = 0;
    while (attempts < 1_000 && attempt(budget, tokens, usd)) {
      attempts++;
    }
    return attempts;
  }

  private List<String> told() {
    return told.stream()
        .map(t -> t.limit() + " " + t.used() + "/" + t.max() + (t.spent() ? " spent" : ""))
        .toList();
  }

  @ParameterizedTest
  @CsvSource({
    "DAILY_USD, 2026-11-22T00:00:00Z, 2026-11-23T00:00:00Z",
    "MONTHLY_USD, 2026-11-01T00:00:00Z, 2026-12-01T00:00:00Z",
    "REQUESTS_PER_MINUTE, 2026-11-22T18:00:00Z, 2026-11-22T18:01:00Z",
    "TOKENS_PER_DAY, 2026-11-22T00:00:00Z, 2026-11-23T00:00:00Z",
  })
  void windowsAreThoseOfTheCalendar(BudgetLimit limit, String begin, String end) {
    assertThat(limit.begin(clock.millis())).isEqualTo(new WallClock(begin).millis());
    assertThat(limit.end(clock.millis())).isEqualTo(new WallClock(end).millis());
    assertThat(limit.begin(limit.begin(clock.millis()))).isEqualTo(limit.begin(clock.millis()));
    assertThat(limit.begin(limit.end(clock.millis()) - 1)).isEqualTo(limit.begin(clock.millis()));
  }

  @Test
  void theYearEndsLikeAnyMonth() {
    clock.set("2026-12-31T23:59:59.999Z");
    assertThat(BudgetLimit.MONTHLY_USD.end(clock.millis())).isEqualTo(clock.millis() + 1);
  }

  @ParameterizedTest
  @CsvSource({
    "daily-usd, QUOTA_EXHAUSTED, 2026-11-23T00:00:00Z",
    "monthly-usd, QUOTA_EXHAUSTED, 2026-12-01T00:00:00Z",
    "requests-per-minute, RATE_LIMITED, 2026-11-22T18:01:00Z",
    "requests-per-day, QUOTA_EXHAUSTED, 2026-11-23T00:00:00Z",
    "tokens-per-minute, RATE_LIMITED, 2026-11-22T18:01:00Z",
    "tokens-per-day, QUOTA_EXHAUSTED, 2026-11-23T00:00:00Z",
  })
  void everyLimitHoldsUntilItRenews(String limit, FailureKind kind, String renews) {
    // Ten of whatever is limited, one at a time.
    Budget budget = budget(BudgetTest.read(limit, 10));
    assertThat(attempts(budget, 1, 1.0)).isEqualTo(10);
    Skip skip = budget.check(Cost.of(1, 1.0));
    assertThat(skip.reason()).isEqualTo(SkipReason.BUDGET);
    assertThat(skip.kind()).isEqualTo(kind);
    assertThat(skip.availableInMs()).isEqualTo(new WallClock(renews).millis() - clock.millis());
    assertThat(skip.message())
        .isEqualTo(
            "not enough left of " + limit + ", available in " + skip.availableInMs() / 1000 + " s");
    clock.advance(Duration.ofMillis(skip.availableInMs() - 1));
    assertThat(budget.check(Cost.of(1, 1.0)).availableInMs()).isEqualTo(1);
    clock.advance(Duration.ofMillis(1));
    assertThat(attempts(budget, 1, 1.0)).isEqualTo(10);
  }

  private static BudgetOptions read(String key, Object value) {
    JsonObject backend = new JsonObject().put("budget", new JsonObject().put(key, value));
    return new io.llmrelay.config.BackendOptions(backend).getBudget();
  }

  @Test
  void sumsOfDollarsAreExact() {
    assertThat(attempts(budget(options().setDailyUsd(0.3)), 1, 0.1)).isEqualTo(3);
    assertThat(attempts(budget(options().setDailyUsd(1.0)), 1, 0.005)).isEqualTo(200);
  }

  @Test
  void whatIsUnderWayIsSetAside() {
    Budget budget = budget(options().setTokensPerDay(1_000L).setDailyUsd(1.0));
    Cost expected = Cost.of(400, 0.4);
    assertThat(budget.enter(expected)).isNull();
    assertThat(budget.enter(expected)).isNull();
    assertThat(budget.check(tokens(200))).isNull();
    assertThat(budget.enter(expected).message()).startsWith("not enough left of");
    assertThat(told()).as("that may change in a moment").isEmpty();

    // It took less than expected: there is room for one more of those that are still expected to.
    budget.settle(expected, usage(100, 50), 0.15);
    assertThat(budget.check(tokens(450))).isNull();
    assertThat(budget.check(tokens(451))).isNotNull();
    assertThat(budget.check(usd(0.45))).isNull();
    assertThat(budget.check(usd(0.451))).isNotNull();
    assertThat(budget.enter(expected)).isNull();

    // Both took more than expected; nothing is left, nothing is under way.
    budget.settle(expected, usage(500, 0), 0.5);
    budget.settle(expected, usage(500, 0), 0.5);
    assertThat(budget.report().getJsonObject("tokens-per-day").getLong("used")).isEqualTo(1_150);
    assertThat(budget.check(tokens(0))).isNotNull();
    clock.advance(Duration.ofDays(1));
    assertThat(budget.check(tokens(1_000))).as("nothing is still set aside").isNull();
  }

  @Test
  void anAttemptCountsAsARequestWhenItStartsAndWithItsTokensWhenItEnds() {
    Budget budget = budget(options().setRequestsPerMinute(10L).setTokensPerMinute(1_000L));
    budget.enter(tokens(600));
    assertThat(used(budget, "requests-per-minute")).isEqualTo(1);
    assertThat(used(budget, "tokens-per-minute")).isZero();
    clock.advance(Duration.ofMinutes(1));
    assertThat(budget.check(tokens(500))).as("still set aside").isNotNull();
    budget.settle(tokens(600), usage(300, 100), null);
    assertThat(used(budget, "requests-per-minute")).isZero();
    assertThat(used(budget, "tokens-per-minute")).isEqualTo(400);
    assertThat(budget.check(tokens(600))).isNull();
  }

  private static long used(Budget budget, String limit) {
    return budget.report().getJsonObject(limit).getLong("used");
  }

  @Test
  void aFailedAttemptTakesWhatIsKnownOfIt() {
    Budget budget = budget(options().setTokensPerDay(1_000L).setRequestsPerDay(2L));
    budget.enter(tokens(700));
    budget.settle(tokens(700), TokenUsage.NONE, null);
    assertThat(budget.check(tokens(1_000))).isNull();
    budget.enter(tokens(700));
    budget.settle(tokens(700), TokenUsage.estimate(40, 4), null);
    assertThat(used(budget, "tokens-per-day")).isEqualTo(11);
    assertThat(budget.check(tokens(1))).as("a request is one, well or not").isNotNull();
  }

  @Test
  void requestLargerThanTheLimitHasNoDelay() {
    Budget budget = budget(options().setTokensPerMinute(1_000L));
    Skip skip = budget.enter(tokens(1_001));
    assertThat(skip.message()).isEqualTo("the request exceeds the whole of tokens-per-minute");
    assertThat(skip.availableInMs()).isEqualTo(-1);
    assertThat(budget.enter(tokens(1_000))).isNull();
    assertThat(told()).isEmpty();
  }

  @Test
  void ofSeveralLimitsTheOneThatRenewsLastIsNamed() {
    Budget budget = budget(options().setRequestsPerMinute(1L).setRequestsPerDay(1L));
    attempt(budget, 1, null);
    assertThat(budget.check(tokens(1)).message()).startsWith("not enough left of requests-per-day");
  }

  @Test
  void publishesThresholdsOncePerWindow() {
    Budget budget = budget(options().setRequestsPerDay(10L));
    attempts(budget, 1, null);
    assertThat(told()).containsExactly("requests-per-day 8/10", "requests-per-day 10/10 spent");
    assertThat(told.get(0))
        .isEqualTo(new BudgetThreshold("a", "requests-per-day", 8L, 10L, false, 21_570_000));
    clock.advance(Duration.ofDays(1));
    attempts(budget, 1, null);
    assertThat(told()).hasSize(4);
  }

  @Test
  void aLimitIsSpentWhenTheFirstFindsNoRoom() {
    Budget budget = budget(options().setDailyUsd(1.0).setWarnAt(0.5));
    assertThat(attempts(budget, 1, 0.35)).isEqualTo(2);
    assertThat(told()).containsExactly("daily-usd 0.7/1.0", "daily-usd 0.7/1.0 spent");
    attempt(budget, 1, 0.35);
    assertThat(told).hasSize(2);
    assertThat(budget.spent()).as("there is room for smaller ones").isFalse();
  }

  @Test
  void oneAttemptMayPassBothThresholds() {
    Budget budget = budget(options().setTokensPerDay(10L));
    budget.enter(tokens(1));
    budget.settle(tokens(1), usage(10, 90), null);
    assertThat(told()).containsExactly("tokens-per-day 100/10 spent");
    assertThat(budget.spent()).isTrue();
  }

  @Test
  void whatIsUsedSurvivesARestartWithinItsWindow() {
    Budget budget =
        budget(options().setRequestsPerMinute(100L).setDailyUsd(1.0).setTokensPerDay(1_000L));
    attempt(budget, 850, 0.25);
    JsonObject saved = new JsonObject(budget.toJson().encode());
    told.clear();
    clock.advance(Duration.ofMinutes(1));

    Budget restored =
        budget(options().setRequestsPerMinute(100L).setDailyUsd(1.0).setTokensPerDay(1_000L));
    restored.restoring(saved, null).run();
    assertThat(used(restored, "requests-per-minute")).as("that minute is over").isZero();
    assertThat(used(restored, "tokens-per-day")).isEqualTo(850);
    assertThat(restored.report().getJsonObject("daily-usd").getDouble("used")).isEqualTo(0.25);
    assertThat(attempt(restored, 10, 0.1)).isTrue();
    assertThat(told).as("told before the restart").isEmpty();

    Budget otherLimits = budget(options().setMonthlyUsd(5.0).setDailyUsd(0.2));
    otherLimits.restoring(saved, null).run();
    assertThat(otherLimits.check(usd(0.01)).message()).contains("daily-usd");
    clock.advance(Duration.ofDays(1));
    assertThat(otherLimits.check(usd(0.2))).isNull();
  }

  @Test
  void aClockThatIsPutBackRenewsNothing() {
    Budget budget = budget(options().setRequestsPerDay(1L));
    attempt(budget, 1, null);
    clock.advance(Duration.ofDays(-2));
    assertThat(attempt(budget, 1, null)).isFalse();
  }
}
