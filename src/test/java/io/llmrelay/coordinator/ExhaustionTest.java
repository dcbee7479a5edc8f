package io.llmrelay.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.SkipReason;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ExhaustionTest {
  private static final Candidate A_M = new Candidate("a", "m", null);
  private static final Candidate A_N = new Candidate("a", "n", null);
  private static final Candidate B_M = new Candidate("b", "m", null);

  private long now = 5_000_000;
  private final Exhaustion exhaustion = new Exhaustion(() -> now);

  @Test
  void knowsNobodyAtFirst() {
    assertThat(exhaustion.look(A_M)).isNull();
    assertThat(exhaustion.remaining()).isEmpty();
  }

  @Test
  void aModelIsExhaustedAtItsBackendOnly() {
    assertThat(exhaustion.extend("a/m", FailureKind.RATE_LIMITED, 1_500)).isTrue();
    assertThat(exhaustion.look(A_M))
        .isEqualTo(
            new Gate.Skip(
                SkipReason.EXHAUSTED,
                FailureKind.RATE_LIMITED,
                "rate_limited, available in 2 s",
                1_500));
    assertThat(exhaustion.look(A_N)).isNull();
    assertThat(exhaustion.look(B_M)).isNull();
  }

  @Test
  void aBackendIsExhaustedWithAllItsModels() {
    exhaustion.extend("a", FailureKind.QUOTA_EXHAUSTED, 60_000);
    for (Candidate candidate : new Candidate[] {A_M, A_N}) {
      Gate.Skip skip = exhaustion.look(candidate);
      assertThat(skip.kind()).isEqualTo(FailureKind.QUOTA_EXHAUSTED);
      assertThat(skip.message()).isEqualTo("quota_exhausted, available in 60 s");
    }
    assertThat(exhaustion.look(B_M)).isNull();
  }

  @Test
  void theLaterOfModelAndBackendCounts() {
    exhaustion.extend("a/m", FailureKind.RATE_LIMITED, 1_000);
    exhaustion.extend("a", FailureKind.QUOTA_EXHAUSTED, 2_000);
    exhaustion.extend("a/n", FailureKind.RATE_LIMITED, 3_000);
    assertThat(exhaustion.look(A_M).availableInMs()).isEqualTo(2_000);
    assertThat(exhaustion.look(A_M).kind()).isEqualTo(FailureKind.QUOTA_EXHAUSTED);
    assertThat(exhaustion.look(A_N).availableInMs()).isEqualTo(3_000);
    assertThat(exhaustion.look(A_N).kind()).isEqualTo(FailureKind.RATE_LIMITED);
    now += 2_000;
    assertThat(exhaustion.look(A_M)).isNull();
    assertThat(exhaustion.look(A_N).availableInMs()).isEqualTo(1_000);
  }

  @Test
  void aDeadlineIsOnlyEverMovedAway() {
    exhaustion.extend("a", FailureKind.QUOTA_EXHAUSTED, 10_000);
    assertThat(exhaustion.extend("a", FailureKind.RATE_LIMITED, 9_999)).isFalse();
    assertThat(exhaustion.extend("a", FailureKind.RATE_LIMITED, 10_000)).as("no news").isFalse();
    assertThat(exhaustion.look(A_M).kind()).isEqualTo(FailureKind.QUOTA_EXHAUSTED);
    now += 4_000;
    assertThat(exhaustion.extend("a", FailureKind.RATE_LIMITED, 5_999)).isFalse();
    assertThat(exhaustion.extend("a", FailureKind.RATE_LIMITED, 6_001)).isTrue();
    assertThat(exhaustion.look(A_M).availableInMs()).isEqualTo(6_001);
    assertThat(exhaustion.look(A_M).kind()).isEqualTo(FailureKind.RATE_LIMITED);
  }

  @Test
  void aDeadlineIsForgottenWhenItHasPassed() {
    exhaustion.extend("a/m", FailureKind.RATE_LIMITED, 1_000);
    now += 999;
    assertThat(exhaustion.look(A_M).message()).isEqualTo("rate_limited, available in 1 s");
    assertThat(exhaustion.remaining()).isEqualTo(Map.of("a/m", 1L));
    now += 1;
    assertThat(exhaustion.remaining()).isEmpty();
    assertThat(exhaustion.look(A_M)).isNull();
    assertThat(exhaustion.extend("a/m", FailureKind.RATE_LIMITED, 1)).as("news again").isTrue();
  }

  @Test
  void noWaitingTimeIsBelievedBeyondTheLongestMonth() {
    exhaustion.extend("a", FailureKind.QUOTA_EXHAUSTED, Long.MAX_VALUE);
    assertThat(exhaustion.look(A_M).availableInMs()).isEqualTo(Exhaustion.MAX_WAIT_MS);
  }

  @Test
  void theNumberOfEntriesIsBoundedButThePastMakesRoom() {
    for (int i = 0; i < Exhaustion.MAX_ENTRIES; i++) {
      assertThat(exhaustion.extend("a/" + i, FailureKind.RATE_LIMITED, 1_000 + i)).isTrue();
    }
    assertThat(exhaustion.extend("a", FailureKind.QUOTA_EXHAUSTED, 9_000)).isFalse();
    assertThat(exhaustion.extend("a/3", FailureKind.RATE_LIMITED, 9_000)).as("known").isTrue();
    now += 1_001;
    assertThat(exhaustion.extend("a", FailureKind.QUOTA_EXHAUSTED, 9_000)).isTrue();
    assertThat(exhaustion.remaining()).hasSize(Exhaustion.MAX_ENTRIES - 1).containsKey("a/3");
  }

  @Test
  void aRefusedKeyHasNoDeadline() {
    exhaustion.extend("a", FailureKind.QUOTA_EXHAUSTED, 5_000);
    assertThat(exhaustion.refuse("a")).isTrue();
    assertThat(exhaustion.refuse("a")).as("no news").isFalse();
    now += 1_000_000_000_000L;
    Gate.Skip skip = exhaustion.look(A_N);
    assertThat(skip)
        .isEqualTo(
            new Gate.Skip(
                SkipReason.EXHAUSTED,
                FailureKind.AUTHENTICATION,
                "authentication, key refused",
                -1));
    assertThat(exhaustion.extend("a", FailureKind.QUOTA_EXHAUSTED, 5_000)).isFalse();
    assertThat(exhaustion.remaining()).isEqualTo(Map.of("a", -1L));
    assertThat(exhaustion.look(B_M)).isNull();

    assertThat(exhaustion.take("b")).isFalse();
    assertThat(exhaustion.take("a")).isTrue();
    assertThat(exhaustion.take("a")).isFalse();
    assertThat(exhaustion.look(A_N)).isNull();
  }

  @Test
  void aDeadlineThatIsNoRefusalIsNotTaken() {
    exhaustion.extend("a", FailureKind.QUOTA_EXHAUSTED, 5_000);
    assertThat(exhaustion.take("a")).isFalse();
    assertThat(exhaustion.look(A_M)).isNotNull();
  }

  @Test
  void deadlinesSurviveARestartByTheClockOnTheWall() {
    long wall = 1_763_800_000_000L;
    exhaustion.extend("a/m", FailureKind.RATE_LIMITED, 10_000);
    exhaustion.extend("a", FailureKind.QUOTA_EXHAUSTED, 300_000);
    exhaustion.extend("gone/m", FailureKind.QUOTA_EXHAUSTED, 300_000);
    exhaustion.refuse("b");
    JsonObject saved = new JsonObject(exhaustion.toJson(wall).encode());

    // A restart 20 s later, at another reading of the clock that only goes forward.
    long[] later = {77};
    Exhaustion restored = new Exhaustion(() -> later[0]);
    assertThat(restored.restore(saved, wall + 20_000, Set.of("a", "b"))).containsExactly("b");
    assertThat(restored.remaining()).isEqualTo(Map.of("a", 280_000L, "b", -1L));
    assertThat(restored.look(A_N).kind()).isEqualTo(FailureKind.QUOTA_EXHAUSTED);
    later[0] += 280_000;
    assertThat(restored.look(A_N)).isNull();
  }
}
