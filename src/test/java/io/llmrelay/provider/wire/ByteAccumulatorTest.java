package io.llmrelay.provider.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ByteAccumulatorTest {
  @Test
  void shrinksAfterALargeReadIsConsumed() {
    ByteAccumulator pending = new ByteAccumulator();
    pending.append(Buffer.buffer(new byte[100_000]));
    pending.consume(100_000);
    pending.append(Buffer.buffer("next"));
    assertThat(
            new String(pending.bytes(), pending.from(), pending.length(), StandardCharsets.UTF_8))
        .isEqualTo("next");
    assertThat(pending.bytes()).hasSizeLessThan(100_000);
  }
}
