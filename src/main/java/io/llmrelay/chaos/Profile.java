package io.llmrelay.chaos;

import io.llmrelay.RelayOptions;
import io.llmrelay.chat.Timeouts;
import io.llmrelay.config.QueueOptions;
import io.vertx.core.json.JsonObject;
import java.time.Duration;

/**
 * How much time a wall has.
 *
 * @param limitMs of the timer a row is about; 0: the relay's defaults stand
 * @param slowMs a delay that is not too long for any timer
 * @param connectMs of the wait for a connection where no row is about it; 0: the relay's default
 * @param slackMs how long anything may take that waits for nothing, on a busy machine
 * @param scenes how many rows are played at a time
 */
public record Profile(long limitMs, int slowMs, long connectMs, long slackMs, int scenes) {

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

  /** What the requests of a row say of time. */
  JsonObject timeouts(Row row) {
    JsonObject timeouts = others();
    return row.timer() == null || row.timer().equals("queue") || limitMs == 0
        ? timeouts
        : timeouts.put(row.timer(), limitMs + "ms");
  }

  /** What a request says of time that no row is about. */
  JsonObject others() {
    return connectMs == 0 ? new JsonObject() : new JsonObject().put("connect", connectMs + "ms");
  }
}
