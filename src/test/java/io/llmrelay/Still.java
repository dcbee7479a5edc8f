package io.llmrelay;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.function.LongSupplier;

/** Waits for a number to stop growing. */
public final class Still {
  private static final int LOOKS = 6;

  private Still() {}

  /** The number, once it is the same at so many looks in a row that no single pause explains it. */
  public static long at(LongSupplier number) {
    long[] last = {number.getAsLong(), 0};
    await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(100))
        .until(
            () -> {
              long now = number.getAsLong();
              last[1] = now == last[0] ? last[1] + 1 : 0;
              last[0] = now;
              return last[1] >= LOOKS - 1;
            });
    return last[0];
  }
}
