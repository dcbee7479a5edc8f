package io.llmrelay.bench;

import io.vertx.core.json.JsonObject;
import java.util.Arrays;

/** Every time that was taken, in nanoseconds. */
final class Samples {
  private static final double MILLI = 1e6;

  private long[] values = new long[4096];
  private int size;

  void add(long nanos) {
    if (size == values.length) {
      values = Arrays.copyOf(values, 2 * size);
    }
    values[size++] = nanos;
  }

  void addAll(Samples other) {
    for (int i = 0; i < other.size; i++) {
      add(other.values[i]);
    }
  }

  void clear() {
    size = 0;
  }

  int size() {
    return size;
  }

  /** In milliseconds; 0 where nothing was taken. */
  JsonObject toJson() {
    Arrays.sort(values, 0, size);
    return new JsonObject()
        .put("p50", percentile(0.5))
        .put("p99", percentile(0.99))
        .put("max", percentile(1));
  }

  private double percentile(double share) {
    return size == 0 ? 0 : values[Math.max(0, (int) Math.ceil(share * size) - 1)] / MILLI;
  }
}
