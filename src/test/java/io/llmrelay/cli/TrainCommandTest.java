package io.llmrelay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What the scripts have the JVM take notes of. */
class TrainCommandTest {
  @Test
  void servesItselfForAWhileAndEnds() {
    Cli train = Cli.run("train", "--seconds", "1", "conf/relay.yaml");
    assertThat(train.exitCode()).as(train.err()).isZero();
    assertThat(train.out()).isEmpty();
    assertThat(train.err()).isEmpty();
  }

  @Test
  void isNotToldOf() {
    assertThat(Cli.run("--help").out()).contains("serve").doesNotContain("train");
  }
}
