package io.llmrelay.availability;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Asks the backends that refused their key from time to time whether they take it now.
 *
 * <p>First after half a minute, then after twice as long each time, up to ten minutes. A probe that
 * succeeds lets the next request through, which is the proof: a list of models may be public.
 * Therefore the delay is forgotten only when an attempt has succeeded, and goes on growing where
 * the key is refused again.
 *
 * <p>Of one backend there is never more than a timer that runs or a probe that is under way.
 */
final class KeyProbes {
  static final Duration FIRST_DELAY = Duration.ofSeconds(30);

  /** The delay stops growing when it has doubled this often to ten minutes or above. */
  private static final int DOUBLINGS = 5;

  private static final long MAX_DELAY_MS = 600_000;

  private static final class Wait {
    boolean out;

    /** Whether a probe is under way, and whether what it will say is out of date already. */
    boolean asking;

    boolean stale;
    int probes;
    long timer = -1;
  }

  private final Vertx vertx;
  private final long firstDelayMs;
  private final Function<String, Future<Boolean>> probe;
  private final Consumer<String> taken;
  private final Map<String, Wait> waits = new HashMap<>();

  /**
   * Nobody is asked yet.
   *
   * @param probe says whether a backend takes its key; {@code false} also where it could not be
   *     asked
   * @param taken told of each backend that does
   */
  KeyProbes(
      Vertx vertx,
      Duration firstDelay,
      Function<String, Future<Boolean>> probe,
      Consumer<String> taken) {
    this.vertx = vertx;
    this.firstDelayMs = firstDelay.toMillis();
    this.probe = probe;
    this.taken = taken;
  }

  /** A backend refused its key; it is asked when its delay is over. */
  void refused(String backend) {
    Wait wait = waits.computeIfAbsent(backend, name -> new Wait());
    if (!wait.out) {
      wait.out = true;
      if (!wait.asking) {
        askLater(backend, wait);
      }
    }
  }

  /** A backend had refused its key before the start; it is asked at once. */
  void refusedBefore(String backend) {
    Wait wait = waits.computeIfAbsent(backend, name -> new Wait());
    wait.out = true;
    if (!wait.asking) {
      vertx.cancelTimer(wait.timer);
      ask(backend, wait);
    }
  }

  /** Somebody else found that the backend takes its key. */
  void taken(String backend) {
    Wait wait = waits.get(backend);
    if (wait != null) {
      wait.out = false;
      wait.stale = wait.asking;
      vertx.cancelTimer(wait.timer);
    }
  }

  /** The backend served somebody; should it refuse its key after that, it is a new story. */
  void served(String backend) {
    if (waits.isEmpty()) {
      return;
    }
    Wait wait = waits.get(backend);
    if (wait != null && !wait.out) {
      wait.probes = 0;
      if (!wait.asking) {
        waits.remove(backend);
      }
    }
  }

  void close() {
    waits.values().forEach(wait -> vertx.cancelTimer(wait.timer));
    waits.clear();
  }

  private void askLater(String backend, Wait wait) {
    long delay = Math.min(MAX_DELAY_MS, firstDelayMs << Math.min(wait.probes, DOUBLINGS));
    wait.probes++;
    wait.timer = vertx.setTimer(delay, fired -> ask(backend, wait));
  }

  private void ask(String backend, Wait wait) {
    wait.asking = true;
    probe
        .apply(backend)
        .onComplete(
            answer -> {
              wait.asking = false;
              boolean stale = wait.stale;
              wait.stale = false;
              if (!wait.out || waits.get(backend) != wait) {
                return;
              }
              if (!stale && answer.succeeded() && answer.result()) {
                wait.out = false;
                taken.accept(backend);
              } else {
                askLater(backend, wait);
              }
            });
  }
}
