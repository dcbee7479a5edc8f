package io.llmrelay.soak;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.IntPredicate;

/**
 * Keeps a number of visitors going through doors, one after the other, and notes how each visit
 * ended. All of it happens on one event loop.
 */
final class Load {
  /** Nothing in the mix lasts so long; the time in which this process was halted does not count. */
  static final long HANG_MS = 30_000;

  private static final long TICK_MS = 250;

  /** How long a second signal is waited for. */
  private static final long AFTERMATH_MS = 200;

  private final Vertx vertx;
  private final Context context;
  private final Door[] doors;
  private final Random random = new Random(1);
  private final Map<String, Integer> ends = new TreeMap<>();
  private final Promise<Map<String, Integer>> done = Promise.promise();
  private int started;
  private int running;
  private int tick = 1;
  private long lastTick = System.nanoTime();

  /** Visits from this context, whose Vert.x is that of the doors. */
  Load(Context context, Door... doors) {
    this.context = context;
    this.doors = doors;
    vertx = context.owner();
  }

  /**
   * Goes on as long as {@code more} says so.
   *
   * @param more told how many visits began so far
   * @return how many visits ended in which way
   */
  Future<Map<String, Integer>> run(int visitors, IntPredicate more) {
    context.runOnContext(
        v -> {
          for (int i = 0; i < visitors; i++) {
            next(more);
          }
        });
    return done.future();
  }

  private void next(IntPredicate more) {
    if (!more.test(started)) {
      if (running == 0) {
        done.tryComplete(ends);
      }
      return;
    }
    started++;
    running++;
    Visit visit = Visit.any(random);
    boolean[] over = {false};
    int[] ticks = {0};
    long hang =
        vertx.setPeriodic(
            TICK_MS,
            id -> {
              long now = System.nanoTime();
              if (now - lastTick > TICK_MS * 500_000) {
                lastTick = now;
                tick++;
              }
              if (ticks[0] == 0) {
                ticks[0] = tick;
              } else if ((tick - ticks[0]) * TICK_MS > HANG_MS) {
                vertx.cancelTimer(id);
                over[0] = true;
                note("WRONG: no terminal signal: " + visit);
                running--;
                next(more);
              }
            });
    doors[random.nextInt(doors.length)].enter(
        visit,
        end ->
            context.runOnContext(
                v -> {
                  if (over[0]) {
                    note("WRONG: a second signal: " + end + " " + visit);
                    return;
                  }
                  over[0] = true;
                  vertx.cancelTimer(hang);
                  note(end.startsWith("WRONG") ? end + " " + visit : end);
                  vertx.setTimer(
                      AFTERMATH_MS,
                      id -> {
                        running--;
                        next(more);
                      });
                }));
  }

  private void note(String end) {
    ends.merge(end, 1, Integer::sum);
  }
}
