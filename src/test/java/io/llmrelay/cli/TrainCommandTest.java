package io.llmrelay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The training run from which the scripts create the startup cache. */
class TrainCommandTest {
  @Test
  void servesRequestsAndExits() {
    Cli train = Cli.run("train", "--seconds", "1", "conf/relay.yaml");
    assertThat(train.exitCode()).as(train.err()).isZero();
    assertThat(train.out()).isEmpty();
    assertThat(train.err()).isEmpty();
  }

  @Test
  void ignoresConfigurationProblems(@TempDir Path folder) throws IOException {
    Path conf = folder.resolve("relay.yaml");
    Files.writeString(conf, "backends: {groq: {}, mine: {api-key: '${MINE}'}}\nnonsense: 1\n");
    Cli train = Cli.run("train", "--seconds", "1", conf.toString());
    assertThat(train.exitCode()).as(train.err()).isZero();
    assertThat(train.err()).isEmpty();
  }

  @Test
  void isHiddenFromUsage() {
    assertThat(Cli.run("--help").out()).contains("serve").doesNotContain("train");
  }
}
