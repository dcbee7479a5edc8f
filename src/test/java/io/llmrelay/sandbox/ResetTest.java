package io.llmrelay.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.sandbox.Wire.Stop;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** With resetOnClose, a dropped connection is reset; a complete response is unaffected. */
class ResetTest extends SandboxTestBase {

  @Override
  SandboxOptions options() {
    return new SandboxOptions().setResetOnClose(true);
  }

  @ParameterizedTest
  @ValueSource(strings = {"die", "die-after-head", "die-after-3", "die-in-frame", "die-in-char"})
  void aDropIsAReset(String scenario) throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-" + scenario)) {
      assertThat(wire.read()).isEqualTo(Stop.RESET);
    }
  }

  @Test
  void dataBeforeTheResetArrives() throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-die-after-3")) {
      wire.read();
      assertThat(wire.body()).contains("\"Hello,\"", "\" this\"", "\" is\"");
    }
  }

  @Test
  void aHealthyAnswerEnds() throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-model")) {
      assertThat(wire.read()).isEqualTo(Stop.LAST_CHUNK);
    }
  }
}
