package io.llmrelay.failover;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.CommitPoint;
import io.llmrelay.chat.RelayHints;
import io.llmrelay.chat.RelayHints.Prefer;
import io.llmrelay.chat.Timeouts;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LimitsTest {
  /** What no test comes up to. */
  static final Limits WIDE =
      new Limits(
          new Timeouts(ofHours(1), ofHours(1), ofHours(1), ofHours(1), ofHours(1)), 10, 32, 1_000);

  private static final Limits LIMITS =
      new Limits(
          new Timeouts(ofSeconds(1), ofSeconds(2), ofSeconds(3), ofSeconds(4), ofSeconds(5)),
          2,
          3,
          100);

  private final List<String> warnings = new ArrayList<>();

  private RelayHints cut(RelayHints asked) {
    return LIMITS.cut(asked, warnings);
  }

  private static RelayHints asking(CommitPoint commit) {
    return new RelayHints(null, commit, Timeouts.UNSET, null, null);
  }

  @Test
  void whatIsWithinThemStays() {
    RelayHints asked =
        new RelayHints(
            List.of("a", "b", "c"), new CommitPoint(100), LIMITS.timeouts(), 2, Prefer.COST);
    assertThat(cut(asked)).isEqualTo(asked);
    assertThat(cut(RelayHints.NONE)).isEqualTo(RelayHints.NONE);
    assertThat(warnings).isEmpty();
  }

  @Test
  void whatIsBeyondThemIsCutAndNamed() {
    Timeouts longer =
        new Timeouts(ofMillis(1_001), ofHours(1), ofSeconds(4), ofSeconds(60), ofHours(24));
    RelayHints asked =
        new RelayHints(List.of("d", "c", "b", "a"), new CommitPoint(101), longer, 10, Prefer.ORDER);
    assertThat(cut(asked))
        .isEqualTo(
            new RelayHints(
                List.of("d", "c", "b"), new CommitPoint(100), LIMITS.timeouts(), 2, Prefer.ORDER));
    assertThat(warnings)
        .containsExactly(
            "relay.candidates was cut from 4 to 3",
            "relay.commit was cut from 101 to 100",
            "relay.retries.max was cut from 10 to 2",
            "relay.timeouts.connect was cut from 1001ms to 1s",
            "relay.timeouts.head was cut from 1h to 2s",
            "relay.timeouts.first-chunk was cut from 4s to 3s",
            "relay.timeouts.stall was cut from 1m to 4s",
            "relay.timeouts.total was cut from 24h to 5s");
  }

  @Test
  void eachOfThemHoldsAlone() {
    RelayHints asked =
        new RelayHints(null, null, new Timeouts(null, null, null, null, ofSeconds(6)), null, null);
    assertThat(cut(asked).timeouts()).isEqualTo(new Timeouts(null, null, null, null, ofSeconds(5)));
    assertThat(warnings).containsExactly("relay.timeouts.total was cut from 6s to 5s");
  }

  @Test
  void theWholeAnswerMayBeAskedFor() {
    assertThat(cut(asking(CommitPoint.COMPLETE))).isEqualTo(asking(CommitPoint.COMPLETE));
    assertThat(cut(asking(CommitPoint.FIRST_CHUNK))).isEqualTo(asking(CommitPoint.FIRST_CHUNK));
    assertThat(warnings).isEmpty();
  }
}
