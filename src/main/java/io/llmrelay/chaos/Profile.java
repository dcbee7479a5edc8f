package io.llmrelay.chaos;

import io.llmrelay.chat.Timeouts;
import io.llmrelay.config.QueueOptions;
import io.llmrelay.config.RelayOptions;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;

/**
 * How much time a wall has.
 *
 * @param limitMs of the timers as they are configured; 0: the relay's defaults stand
 * @param slowMs a delay that is not too long for any timer
 * @param patienceMs of the timers that a row is not about, by request; 0: as configured
 * @param slackMs how long anything may take that waits for nothing, on a busy machine
 * @param scenes how many rows are played at a time
 */
public record Profile(long limitMs, int slowMs, long patienceMs, long slackMs, int scenes) {

  /**
   * Short timers, for a test: some seconds. A machine that stands still for a second or two does
   * not change what comes of a row.
   */
  public static Profile fast() {
    return new Profile(3_000, 500, 20_000, 8_000, 8);
  }

  /** The timers of production: about a minute. */
  public static Profile production() {
    return new Profile(0, 4_000, 0, 5_000, 16);
  }

  /** How long a timer runs, in milliseconds. */
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
   * Returns the timers that are configured; a timer that a request shortens counts for no circuit.
   */
  Timeouts configured() {
    if (limitMs == 0) {
      return RelayOptions.DEFAULT_TIMEOUTS;
    }
    Duration limit = Duration.ofMillis(limitMs);
    // A limit on the head that is no shorter than that on the first chunk is none of its own.
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

  /** Returns the timeouts in a request that no row is about. */
  JsonObject others() {
    JsonObject timeouts = new JsonObject();
    if (patienceMs > 0) {
      for (String timer : List.of("connect", "head", "first-chunk", "stall")) {
        timeouts.put(timer, patienceMs + "ms");
      }
    }
    return timeouts;
  }
}
