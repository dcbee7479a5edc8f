package io.llmrelay.availability;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.SkipReason;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The cooldowns of one backend, with a clock that is moved by hand. */
class ExhaustionTest {
  private static final long MONTH = Duration.ofDays(31).toMillis();

  private long now = 5_000_000;
  private final Exhaustion exhaustion = new Exhaustion(() -> now, MONTH);

  @Test
  void aBackendIsAvailableAtFirst() {
    assertThat(exhaustion.check("m")).isNull();
    assertThat(exhaustion.remaining()).isZero();
    assertThat(exhaustion.remainingByModel()).isEmpty();
  }

  @Test
  void aModelIsExhaustedAlone() {
    assertThat(exhaustion.extend("m", FailureKind.RATE_LIMITED, 1_500)).isTrue();
    assertThat(exhaustion.check("m"))
        .isEqualTo(
            new Skip(
                SkipReason.EXHAUSTED,
                FailureKind.RATE_LIMITED,
                "rate_limited, available in 2 s",
                1_500));
    assertThat(exhaustion.check("n")).isNull();
  }

  @Test
  void aBackendIsExhaustedWithAllItsModels() {
    exhaustion.extend(null, FailureKind.QUOTA_EXHAUSTED, 60_000);
    for (String model : new String[] {"m", "n"}) {
      Skip skip = exhaustion.check(model);
      assertThat(skip.kind()).isEqualTo(FailureKind.QUOTA_EXHAUSTED);
      assertThat(skip.message()).isEqualTo("quota_exhausted, available in 60 s");
    }
  }

  @Test
  void theLaterOfModelAndBackendCounts() {
    exhaustion.extend("m", FailureKind.RATE_LIMITED, 1_000);
    exhaustion.extend(null, FailureKind.QUOTA_EXHAUSTED, 2_000);
    exhaustion.extend("n", FailureKind.RATE_LIMITED, 3_000);
    assertThat(exhaustion.check("m").availableInMs()).isEqualTo(2_000);
    assertThat(exhaustion.check("m").kind()).isEqualTo(FailureKind.QUOTA_EXHAUSTED);
    assertThat(exhaustion.check("n").availableInMs()).isEqualTo(3_000);
    assertThat(exhaustion.check("n").kind()).isEqualTo(FailureKind.RATE_LIMITED);
    now += 2_000;
    assertThat(exhaustion.check("m")).isNull();
    assertThat(exhaustion.check("n").availableInMs()).isEqualTo(1_000);
  }

  @Test
  void aDeadlineIsOnlyEverMovedAway() {
    exhaustion.extend(null, FailureKind.QUOTA_EXHAUSTED, 10_000);
    assertThat(exhaustion.extend(null, FailureKind.RATE_LIMITED, 9_999)).isFalse();
    assertThat(exhaustion.extend(null, FailureKind.RATE_LIMITED, 10_000)).as("no news").isFalse();
    assertThat(exhaustion.check("m").kind()).isEqualTo(FailureKind.QUOTA_EXHAUSTED);
    now += 4_000;
    assertThat(exhaustion.extend(null, FailureKind.RATE_LIMITED, 5_999)).isFalse();
    assertThat(exhaustion.extend(null, FailureKind.RATE_LIMITED, 6_001)).isTrue();
    assertThat(exhaustion.check("m").availableInMs()).isEqualTo(6_001);
    assertThat(exhaustion.check("m").kind()).isEqualTo(FailureKind.RATE_LIMITED);
  }

  @Test
  void aDeadlineIsForgottenWhenItHasPassed() {
    exhaustion.extend("m", FailureKind.RATE_LIMITED, 1_000);
    now += 999;
    assertThat(exhaustion.check("m").message()).isEqualTo("rate_limited, available in 1 s");
    assertThat(exhaustion.remainingByModel()).isEqualTo(Map.of("m", 1L));
    now += 1;
    assertThat(exhaustion.remainingByModel()).isEmpty();
    assertThat(exhaustion.check("m")).isNull();
    assertThat(exhaustion.extend("m", FailureKind.RATE_LIMITED, 1)).as("news again").isTrue();
  }

  @Test
  void noCooldownIsBelievedBeyondTheConfiguredMaximum() {
    exhaustion.extend(null, FailureKind.QUOTA_EXHAUSTED, Long.MAX_VALUE);
    assertThat(exhaustion.check("m").availableInMs()).isEqualTo(MONTH);
  }

  @Test
  void aLongCooldownIsTriedByOneRequestFromTimeToTime() {
    exhaustion.extend("m", FailureKind.QUOTA_EXHAUSTED, 3_600_000);
    assertThat(exhaustion.enter("m")).isNull();
    now += Exhaustion.TRY_AT_LEAST_EVERY_MS - 1;
    assertThat(exhaustion.check("m")).isNotNull();
    now += 1;
    assertThat(exhaustion.check("m")).as("due").isNull();
    Exhaustion.Trial trial = exhaustion.enter("m");
    assertThat(trial).isNotNull();
    assertThat(exhaustion.check("m")).as("one at a time").isNotNull();
    assertThat(exhaustion.enter("m")).isNull();

    // Refused again: as long as it was, and tried again after as long.
    exhaustion.extend("m", FailureKind.QUOTA_EXHAUSTED, 3_300_000);
    now += Exhaustion.TRY_AT_LEAST_EVERY_MS;
    trial = exhaustion.enter("m");
    exhaustion.end(trial);
    assertThat(exhaustion.check("m")).as("it works").isNull();
    assertThat(exhaustion.remainingByModel()).isEmpty();
  }

  @Test
  void aTrialEndsNoCooldownThatBeganAfterIt() {
    exhaustion.extend(null, FailureKind.QUOTA_EXHAUSTED, 3_600_000);
    now += Exhaustion.TRY_AT_LEAST_EVERY_MS;
    Exhaustion.Trial trial = exhaustion.enter("m");
    exhaustion.extend(null, FailureKind.QUOTA_EXHAUSTED, 7_200_000);
    exhaustion.end(trial);
    assertThat(exhaustion.check("m").availableInMs()).isEqualTo(7_200_000);
  }

  @Test
  void aShorterCooldownLeavesTheTriesOfTheLongerOne() {
    exhaustion.extend("m", FailureKind.RATE_LIMITED, 3_600_000);
    exhaustion.extend("m", FailureKind.RATE_LIMITED, 10_000);
    now += Exhaustion.TRY_AT_LEAST_EVERY_MS;
    assertThat(exhaustion.enter("m")).as("due").isNotNull();
    exhaustion.extend("m", FailureKind.RATE_LIMITED, 10_000);
    assertThat(exhaustion.enter("m")).as("refused again").isNull();
    now += Exhaustion.TRY_AT_LEAST_EVERY_MS;
    assertThat(exhaustion.enter("m")).as("due again").isNotNull();
  }

  @Test
  void aRefusedKeyIsNotTriedByRequests() {
    exhaustion.refuseKey();
    exhaustion.extend(null, FailureKind.QUOTA_EXHAUSTED, 3_600_000);
    now += 3_600_000;
    assertThat(exhaustion.check("m")).isNotNull();
    assertThat(exhaustion.enter("m")).isNull();
  }

  @Test
  void aShortCooldownIsWaitedFor() {
    exhaustion.extend("m", FailureKind.RATE_LIMITED, Exhaustion.TRY_AFTER_MS);
    now += Exhaustion.TRY_AFTER_MS - 1;
    assertThat(exhaustion.check("m")).isNotNull();
    assertThat(exhaustion.enter("m")).isNull();
  }

  @Test
  void theNumberOfEntriesIsBoundedButThePastMakesRoom() {
    for (int i = 0; i < Exhaustion.MAX_ENTRIES; i++) {
      assertThat(exhaustion.extend("" + i, FailureKind.RATE_LIMITED, 1_000 + i)).isTrue();
    }
    assertThat(exhaustion.extend("more", FailureKind.RATE_LIMITED, 9_000)).isFalse();
    assertThat(exhaustion.extend("3", FailureKind.RATE_LIMITED, 9_000)).as("known").isTrue();
    now += 1_001;
    assertThat(exhaustion.extend("more", FailureKind.RATE_LIMITED, 9_000)).isTrue();
    assertThat(exhaustion.remainingByModel())
        .hasSize(Exhaustion.MAX_ENTRIES - 1)
        .containsKeys("3", "more");
  }

  @Test
  void aRefusedKeyHasNoDeadline() {
    exhaustion.extend(null, FailureKind.QUOTA_EXHAUSTED, 5_000);
    assertThat(exhaustion.refuseKey()).isTrue();
    assertThat(exhaustion.refuseKey()).as("no news").isFalse();
    now += 1_000_000_000_000L;
    assertThat(exhaustion.check("n"))
        .isEqualTo(
            new Skip(
                SkipReason.EXHAUSTED,
                FailureKind.AUTHENTICATION,
                "authentication, key refused",
                -1));
    assertThat(exhaustion.extend(null, FailureKind.QUOTA_EXHAUSTED, 5_000)).isFalse();
    assertThat(exhaustion.keyRefused()).isTrue();
    assertThat(exhaustion.remaining()).isEqualTo(-1);

    assertThat(exhaustion.acceptKey()).isTrue();
    assertThat(exhaustion.acceptKey()).isFalse();
    assertThat(exhaustion.check("n")).isNull();
  }

  @Test
  void acceptingTheKeyEndsNoOtherCooldown() {
    exhaustion.extend(null, FailureKind.QUOTA_EXHAUSTED, 5_000);
    assertThat(exhaustion.acceptKey()).isFalse();
    assertThat(exhaustion.check("m")).isNotNull();
  }

  @Test
  void deadlinesAreSavedByTheTimeOfDay() {
    long wall = 1_763_800_000_000L;
    exhaustion.extend("m", FailureKind.RATE_LIMITED, 10_000);
    exhaustion.extend("with/slash", FailureKind.RATE_LIMITED, 20_000);
    exhaustion.refuseKey();
    JsonObject saved = new JsonObject();
    exhaustion.save("a", saved, wall);
    assertThat(saved)
        .isEqualTo(
            new JsonObject()
                .put("a", new JsonObject().put("reason", "authentication"))
                .put("a/m", saved("rate_limited", wall + 10_000))
                .put("a/with/slash", saved("rate_limited", wall + 20_000)));
  }

  private static JsonObject saved(String reason, long until) {
    return new JsonObject().put("reason", reason).put("until", until);
  }
}
