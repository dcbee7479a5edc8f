package io.llmrelay.availability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import org.junit.jupiter.api.Test;

/** The usual time to the first chunk follows what happens, whatever the rate of requests. */
class LatencyTest {
  private final Latency latency = new Latency(0);

  @Test
  void isUnknownAtFirst() {
    assertThat(latency.ms()).isNaN();
    latency.add(120, 5);
    assertThat(latency.ms()).isEqualTo(120);
  }

  @Test
  void oldSamplesLoseWeightWithTime() {
    latency.add(100, 0);
    for (int at = 10; at <= 10_000; at += 10) {
      latency.add(1_000, at);
    }
    assertThat(latency.ms()).isCloseTo(100 + 900 * (1 - Math.exp(-1)), offset(5.0));
  }

  @Test
  void aSampleAfterALongSilenceReplacesThem() {
    latency.add(5_000, 0);
    latency.add(50, Latency.EXPLORE_MS);
    assertThat(latency.ms()).isEqualTo(50);
  }

  @Test
  void aFailureCountsIfItTookLongerThanUsual() {
    latency.add(100, 0);
    latency.addFailure(3, 5_000);
    assertThat(latency.ms()).isEqualTo(100);
    latency.addFailure(10_000, 5_000);
    assertThat(latency.ms()).isGreaterThan(1_000);
  }

  @Test
  void oneCallerExploresAtATime() {
    assertThat(latency.explore(0)).isTrue();
    assertThat(latency.explore(0)).isFalse();
    latency.add(100, 1);
    assertThat(latency.explore(Latency.EXPLORE_MS)).isFalse();
    assertThat(latency.explore(Latency.EXPLORE_MS + 1)).isTrue();
    assertThat(latency.explore(Latency.EXPLORE_MS + 2)).isFalse();
  }
}
