package io.llmrelay.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.SkipReason;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Who is left alone, and until when. */
class ExhaustionTest {
  private static final Candidate M = new Candidate("a", "m", null);
  private static final Candidate N = new Candidate("a", "n", null);
  private static final Candidate OTHER = new Candidate("b", "m", null);

  private long now = 1_000_000;
  private final Exhaustion exhaustion = new Exhaustion(() -> now);

  private static long inMs(Gate.Skip skip) {
    return skip == null ? 0 : skip.availableInMs();
  }

  @Test
  void aRateLimitIsOfOneModelAndAQuotaOfTheWholeBackend() {
    assertThat(exhaustion.extend(M.toString(), FailureKind.RATE_LIMITED, 10_000)).isTrue();
    assertThat(exhaustion.look(M).kind()).isEqualTo(FailureKind.RATE_LIMITED);
    assertThat(exhaustion.look(N)).isNull();
    assertThat(exhaustion.look(OTHER)).isNull();

    assertThat(exhaustion.extend("a", FailureKind.QUOTA_EXHAUSTED, 300_000)).isTrue();
    assertThat(exhaustion.look(M).kind()).isEqualTo(FailureKind.QUOTA_EXHAUSTED);
    assertThat(exhaustion.look(N).message()).isEqualTo("quota_exhausted, available in 300 s");
    assertThat(exhaustion.look(OTHER)).isNull();
    assertThat(exhaustion.remaining()).isEqualTo(Map.of("a/m", 10_000L, "a", 300_000L));
  }

  @Test
  void neitherHidesTheOther() {
    exhaustion.extend("a", FailureKind.QUOTA_EXHAUSTED, 5_000);
    exhaustion.extend("a/m", FailureKind.RATE_LIMITED, 10_000);
    assertThat(exhaustion.look(M).kind()).isEqualTo(FailureKind.RATE_LIMITED);
    assertThat(exhaustion.look(N).kind()).isEqualTo(FailureKind.QUOTA_EXHAUSTED);
    now += 5_000;
    assertThat(inMs(exhaustion.look(M))).isEqualTo(5_000);
    assertThat(exhaustion.look(N)).isNull();
    now += 5_000;
    assertThat(exhaustion.look(M)).isNull();
  }

  @Test
  void aRefusedKeyHasNoDeadline() {
    exhaustion.extend("a", FailureKind.QUOTA_EXHAUSTED, 5_000);
    assertThat(exhaustion.refuse("a")).isTrue();
    assertThat(exhaustion.refuse("a")).as("no news").isFalse();
    now += 1_000_000_000_000L;
    Gate.Skip skip = exhaustion.look(N);
    assertThat(skip)
        .isEqualTo(
            new Gate.Skip(
                SkipReason.EXHAUSTED,
                FailureKind.AUTHENTICATION,
                "authentication, key refused",
                -1));
    assertThat(exhaustion.extend("a", FailureKind.QUOTA_EXHAUSTED, 5_000)).isFalse();
    assertThat(exhaustion.remaining()).isEqualTo(Map.of("a", -1L));
    assertThat(exhaustion.look(OTHER)).isNull();

    assertThat(exhaustion.take("b")).isFalse();
    assertThat(exhaustion.take("a")).isTrue();
    assertThat(exhaustion.take("a")).isFalse();
    assertThat(exhaustion.look(N)).isNull();
  }

  @Test
  void aDeadlineThatIsNoRefusalIsNotTaken() {
    exhaustion.extend("a", FailureKind.QUOTA_EXHAUSTED, 5_000);
    assertThat(exhaustion.take("a")).isFalse();
    assertThat(exhaustion.look(M)).isNotNull();
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
    assertThat(restored.look(N).kind()).isEqualTo(FailureKind.QUOTA_EXHAUSTED);
    later[0] += 280_000;
    assertThat(restored.look(N)).isNull();
  }
}
