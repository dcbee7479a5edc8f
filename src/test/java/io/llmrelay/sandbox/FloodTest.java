package io.llmrelay.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Still;
import io.llmrelay.sandbox.Wire.Stop;
import org.junit.jupiter.api.Test;

/** A flood is as fast as the client reads. */
class FloodTest extends SandboxTestBase {

  private static final long MEGABYTE = 1024 * 1024;

  @Test
  void aClientThatDoesNotReadPausesTheFlood() throws Exception {
    try (Wire wire = Wire.narrow(sandbox, "mock-flood-200")) {
      assertThat(wire.readTo(1, "flood")).isEqualTo(Stop.FOUND);
      SandboxCall call = sandbox.calls().get(0);
      // The socket buffers of both sides hold a few megabytes.
      assertThat(Still.at(call::bytesWritten)).isBetween(MEGABYTE / 16, 30 * MEGABYTE);
      assertThat(call.ended().isComplete()).isFalse();
    }
  }

  @Test
  void aClientThatReadsGetsAllOfIt() throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-flood-16")) {
      assertThat(wire.read()).isEqualTo(Stop.LAST_CHUNK);
      assertThat(wire.body()).endsWith("data: [DONE]\n\n");
      assertThat((long) wire.bytes().length).isGreaterThan(16 * MEGABYTE);
    }
  }
}
