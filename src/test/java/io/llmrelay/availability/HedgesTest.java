package io.llmrelay.availability;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HedgesTest {
  private final Hedges hedges = new Hedges();

  private int taken(int requests, double ratio) {
    int taken = 0;
    for (int i = 0; i < requests; i++) {
      hedges.request(ratio);
      taken += hedges.take(ratio) ? 1 : 0;
    }
    return taken;
  }

  @Test
  void allRequestsTogetherGetTheirShare() {
    assertThat(taken(1_000, 0.1)).isBetween(100, 101);
  }

  @Test
  void aQuietTimeSavesUpAFewOnly() {
    for (int i = 0; i < 100_000; i++) {
      hedges.request(0.5);
    }
    int burst = 0;
    while (hedges.take(0.5)) {
      burst++;
    }
    assertThat(burst).isEqualTo(Hedges.MAX_TOKENS);
  }

  @Test
  void aRatioOfZeroIsNone() {
    assertThat(taken(1_000, 0)).isZero();
  }

  @Test
  void thePercentileIsThatOfTheLatestOnceThereAreEnough() {
    for (int i = 1; i < FirstChunks.MIN; i++) {
      hedges.observed("b", "m", 1_000);
    }
    assertThat(hedges.p95("b", "m")).isEqualTo(-1);
    hedges.observed("b", "m", 1_000);
    assertThat(hedges.p95("b", "m")).isEqualTo(1_000);
    assertThat(hedges.p95("b", "other")).isEqualTo(-1);
    for (int i = 0; i < 3 * FirstChunks.WINDOW; i++) {
      hedges.observed("b", "m", i % 100);
    }
    assertThat(hedges.p95("b", "m")).isBetween(93L, 96L);
  }

  @Test
  void namesAreBounded() {
    for (int i = 0; i < 2 * Hedges.MAX_CANDIDATES; i++) {
      for (int j = 0; j < FirstChunks.MIN; j++) {
        hedges.observed("b", "m" + i, 10);
      }
    }
    assertThat(hedges.p95("b", "m0")).isEqualTo(10);
    assertThat(hedges.p95("b", "m" + Hedges.MAX_CANDIDATES)).isEqualTo(-1);
  }
}
