package io.llmrelay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RelayServerTest {
  private static RelayServer of(String line) {
    return RelayServer.of(
        Map.of(), Main.withCommand(line.isEmpty() ? new String[0] : line.split(" ")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "serve",
        "--conf relay.yaml",
        "serve -c relay.yaml --port 0 --host 127.0.0.1",
        "-p 8080 -c relay.yaml",
      })
  void readsUsualArgumentsItself(String line) {
    assertThat(of(line)).isNotNull();
  }

  /** Picocli knows the other options and forms, and explains what is wrong. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "--help",
        "chat Hello",
        "--conf",
        "--conf --watch",
        "--conf=relay.yaml",
        "--conf a --conf b",
        "-c a --conf b",
        "--port 99999",
        "--port -1",
        "--port x",
        "--conf relay.yaml --watch",
        "--log-format json",
        "--cofn relay.yaml",
        "serve relay.yaml",
      })
  void leavesOtherArgumentsToPicocli(String line) {
    assertThat(of(line)).isNull();
  }
}
