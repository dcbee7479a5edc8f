package io.llmrelay.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.sandbox.Wire.Stop;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A flood goes as fast as the client reads and no faster. */
class FloodTest extends SandboxTestBase {

  private static final long MEGABYTE = 1024 * 1024;

  @Test
  void aClientThatDoesNotReadStopsTheFlood() throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-flood-200")) {
      assertThat(wire.readTo(1, "flood")).isEqualTo(Stop.FOUND);
      SandboxCall call = sandbox.calls().get(0);
      AtomicLong last = new AtomicLong();
      await()
          .pollInterval(Duration.ofMillis(100))
          .until(() -> last.getAndSet(call.bytesWritten()) == call.bytesWritten());
      // the socket buffers of both sides hold a few megabytes; the rest is not even made
      assertThat(call.bytesWritten()).isBetween(MEGABYTE / 16, 30 * MEGABYTE);
      assertThat(call.ended().isComplete()).isFalse();
    }
  }

  @Test
  void aClientThatReadsGetsItAll() throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-flood-16")) {
      assertThat(wire.read()).isEqualTo(Stop.LAST_CHUNK);
      assertThat(wire.body()).endsWith("data: [DONE]\n\n");
      assertThat((long) wire.bytes().length).isGreaterThan(16 * MEGABYTE);
    }
  }
}
