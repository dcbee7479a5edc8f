package io.llmrelay.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.Priority;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class OverloadTest {
  private final Overload overload = new Overload(Duration.ofSeconds(2), 0.9);

  private void samples(long lateMs, double heap) {
    for (int i = 0; i < 8; i++) {
      overload.sample(lateMs, heap);
    }
  }

  @Test
  void refusesNobodyWithoutOverload() {
    assertThat(overload.problem(Priority.LOW)).isNull();
    samples(1_999, 0.89);
    assertThat(overload.problem(Priority.LOW)).isNull();
  }

  @Test
  void aLaggingEventLoopRefusesLowPrioritiesFirstAndHighOnesNever() {
    samples(2_000, 0.1);
    assertThat(overload.problem(Priority.LOW)).contains("lags by 2s", "overload.max-lag 2s");
    assertThat(overload.problem(Priority.NORMAL)).isNull();
    samples(4_000, 0.1);
    assertThat(overload.problem(Priority.NORMAL)).contains("lags by 4s");
    assertThat(overload.problem(Priority.HIGH)).isNull();
  }

  @Test
  void aFullHeapRefusesLowPrioritiesFirstAndHighOnesNever() {
    samples(0, 0.91);
    assertThat(overload.problem(Priority.LOW))
        .contains("91 % of its heap", "overload.max-heap 0.9");
    assertThat(overload.problem(Priority.NORMAL)).isNull();
    samples(0, 0.96);
    assertThat(overload.problem(Priority.NORMAL)).contains("96 %");
    assertThat(overload.problem(Priority.HIGH)).isNull();
  }

  @Test
  void aSinglePauseIsNoOverload() {
    overload.sample(60_000, 0.99);
    assertThat(overload.problem(Priority.LOW)).isNull();
    samples(3_000, 0.99);
    overload.sample(0, 0.5);
    assertThat(overload.problem(Priority.LOW)).as("it has recovered").isNull();
  }
}
