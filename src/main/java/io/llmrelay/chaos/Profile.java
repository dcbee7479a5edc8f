package io.llmrelay.chaos;

import io.llmrelay.chat.Resume;
import io.llmrelay.chat.Timeouts;
import io.llmrelay.config.QueueOptions;
import io.llmrelay.config.RelayOptions;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;

/**
 * The time limits of a run.
 *
 * @param limitMs the configured timeouts; 0 for the relay's defaults
 * @param slowMs a delay within all timeouts
 * @param otherTimeoutsMs the timeouts in requests that their row does not test; 0 for the
 *     configured ones
 * @param toleranceMs how long anything may take without a delay, on a busy machine
 * @param concurrency how many rows run at a time
 * @param resume how streams that break off are to be resumed by a second backend: one of the same
 *     model and with the same answer, or one of another model that continues a text
 */
public record Profile(
    long limitMs,
    int slowMs,
    long otherTimeoutsMs,
    long toleranceMs,
    int concurrency,
    Resume resume) {

  /**
   * Returns short timers for tests. A machine that stalls for a second or two does not change the
   * outcome of a row.
   */
  public static Profile fast() {
    return new Profile(3_000, 500, 20_000, 8_000, 8, Resume.OFF);
  }

  /** Returns the default timers of the relay, with which the wall takes about a minute. */
  public static Profile production() {
    return new Profile(0, 4_000, 0, 5_000, 16, Resume.OFF);
  }

  /** Returns this profile for streams that are to be resumed. */
  public Profile resuming(Resume how) {
    return new Profile(limitMs, slowMs, otherTimeoutsMs, toleranceMs, concurrency, how);
  }

  /** Returns whether only streams that are to be resumed are played. */
  boolean resumes() {
    return resume != Resume.OFF;
  }

  /** Returns the limit of a timer in milliseconds. */
  long limit(String timer) {
    if (limitMs > 0) {
      return limitMs;
    }
    Timeouts defaults = RelayOptions.DEFAULT_TIMEOUTS;
    Duration limit =
        switch (timer) {
          case "connect" -> defaults.connect();
          case "stall" -> defaults.stall();
          case "queue" -> QueueOptions.DEFAULT_WAIT;
          default -> defaults.firstChunk();
        };
    return limit.toMillis();
  }

  /**
   * Returns the configured timeouts. A timeout that a request shortens does not count for a
   * circuit.
   */
  Timeouts configured() {
    if (limitMs == 0) {
      return RelayOptions.DEFAULT_TIMEOUTS;
    }
    Duration limit = Duration.ofMillis(limitMs);
    // A head timeout above the first-chunk timeout has no effect.
    return new Timeouts(limit, limit, limit.plusMillis(1), limit, null);
  }

  /** Returns the timeouts in the requests of a row. */
  JsonObject timeouts(Row row) {
    JsonObject timeouts = others();
    if (row.timer() != null) {
      timeouts.remove(row.timer());
    }
    return timeouts;
  }

  /** Returns the timeouts in a request that tests none of them. */
  JsonObject others() {
    JsonObject timeouts = new JsonObject();
    if (otherTimeoutsMs > 0) {
      for (String timer : List.of("connect", "head", "first-chunk", "stall")) {
        timeouts.put(timer, otherTimeoutsMs + "ms");
      }
    }
    return timeouts;
  }
}
