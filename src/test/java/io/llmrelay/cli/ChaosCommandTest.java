package io.llmrelay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ChaosCommandTest {

  @Test
  void printsWhatCameOfEachFault() {
    Cli chaos = Cli.run("chaos", "--fast", "reset-after-3", "500-splitting");
    assertThat(chaos.exitCode()).isZero();
    assertThat(chaos.out().lines().filter(line -> !line.isEmpty()))
        .satisfiesExactly(
            line -> assertThat(line).startsWith("the primary ").endsWith(" longest"),
            line ->
                assertThat(line)
                    .matches(
                        "reset-after-3 +openai +3 \\+ network +fallback +3 \\+ network +network +open +-"
                            + " +\\d+ ms"),
            line -> assertThat(line).matches("reset-after-3 +anthropic +3 \\+ network .*"),
            line -> assertThat(line).matches("500-splitting +openai +fallback +fallback .*"),
            line -> assertThat(line).matches("500-splitting +anthropic +fallback .*"),
            line -> assertThat(line).matches("2 rows, 28 requests, 0 deviations, \\d+ s"));
    assertThat(chaos.out()).doesNotContain("\u001b");
  }

  @Test
  void aRowThatIsNotThereIsSaidSo() {
    Cli chaos = Cli.run("chaos", "no-such-row");
    assertThat(chaos.exitCode()).isEqualTo(1);
    assertThat(chaos.err()).contains("No row of the wall holds any of [no-such-row]");
  }
}
