package io.llmrelay.availability;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * The probes of backends that refused their key, until they accept it.
 *
 * <p>The first probe follows after half a minute; the delay doubles with each probe, up to ten
 * minutes. A probe that succeeds makes the backend available to the next request, which is the
 * proof: a list of models may be public. Therefore the delay is reset only when an attempt
 * succeeds, and goes on growing if the key is refused again.
 *
 * <p>Each backend has at most one timer or one probe in flight.
 */
final class KeyProbes {
  static final Duration FIRST_DELAY = Duration.ofSeconds(30);

  /** The delay stops growing when it has doubled this often to ten minutes or above. */
  private static final int DOUBLINGS = 5;

  private static final long MAX_DELAY_MS = 600_000;
  private static final long MAX_EARLY_DELAY_MS = 1_000;

  private static final class Schedule {
    volatile boolean refused;

    boolean probing;

    /** The time of the next probe, or of the one in flight. */
    volatile long dueAt;

    /** Whether the result of the probe in flight is outdated. */
    boolean stale;

    int probes;
    long timer = -1;
  }

  private final Vertx vertx;
  private final LongSupplier now;
  private final long firstDelayMs;
  private final Function<String, Future<Boolean>> probe;
  private final Consumer<String> onAccepted;

  /** Written on one context, read on any thread. */
  private final Map<String, Schedule> schedules = new ConcurrentHashMap<>();

  /**
   * Creates key probes for no backend yet.
   *
   * @param now a monotonic clock in milliseconds
   * @param probe returns whether a backend accepts its key; {@code false} if it cannot be reached
   * @param onAccepted called with the name of each backend that accepts its key again
   */
  KeyProbes(
      Vertx vertx,
      LongSupplier now,
      Duration firstDelay,
      Function<String, Future<Boolean>> probe,
      Consumer<String> onAccepted) {
    this.vertx = vertx;
    this.now = now;
    this.firstDelayMs = firstDelay.toMillis();
    this.probe = probe;
    this.onAccepted = onAccepted;
  }

  /** Schedules a probe of a backend that refused its key. */
  void keyRefused(String backend) {
    Schedule schedule = schedules.computeIfAbsent(backend, name -> new Schedule());
    if (!schedule.refused) {
      schedule.refused = true;
      if (!schedule.probing) {
        scheduleProbe(backend, schedule);
      }
    }
  }

  /** Cancels the probes of all but these, which are scheduled if they are not. */
  void keep(Set<String> refused) {
    Set.copyOf(schedules.keySet()).stream()
        .filter(name -> !refused.contains(name))
        .forEach(this::keyAccepted);
    refused.forEach(this::keyRefused);
  }

  /** Probes at once a backend that refused its key before the restart. */
  void keyRefusedBeforeRestart(String backend) {
    Schedule schedule = schedules.computeIfAbsent(backend, name -> new Schedule());
    schedule.refused = true;
    if (!schedule.probing) {
      vertx.cancelTimer(schedule.timer);
      probe(backend, schedule);
    }
  }

  /**
   * Schedules an early probe of a backend whose key was refused at another node, which may be
   * wrong.
   */
  void keyRefusedElsewhere(String backend) {
    Schedule schedule = schedules.computeIfAbsent(backend, name -> new Schedule());
    if (!schedule.refused) {
      schedule.refused = true;
      if (!schedule.probing) {
        // Not all nodes at the same time.
        long delay =
            ThreadLocalRandom.current().nextLong(MAX_EARLY_DELAY_MS / 4, MAX_EARLY_DELAY_MS);
        setTimer(Math.min(delay, firstDelayMs), backend, schedule);
      }
    }
  }

  /** Cancels the probes of a backend whose key was accepted elsewhere. */
  void keyAccepted(String backend) {
    Schedule schedule = schedules.get(backend);
    if (schedule != null) {
      schedule.refused = false;
      schedule.stale = schedule.probing;
      vertx.cancelTimer(schedule.timer);
    }
  }

  /**
   * Returns after how many milliseconds a backend that refused its key is probed; 0 while it is, -1
   * if no probe is scheduled. May be called on any thread.
   */
  long nextInMs(String backend) {
    Schedule schedule = schedules.get(backend);
    return schedule == null || !schedule.refused
        ? -1
        : Math.max(0, schedule.dueAt - now.getAsLong());
  }

  /** Resets the delay of a backend after a successful attempt. */
  void attemptSucceeded(String backend) {
    if (schedules.isEmpty()) {
      return;
    }
    Schedule schedule = schedules.get(backend);
    if (schedule != null && !schedule.refused) {
      schedule.probes = 0;
      if (!schedule.probing) {
        schedules.remove(backend);
      }
    }
  }

  void close() {
    schedules.values().forEach(schedule -> vertx.cancelTimer(schedule.timer));
    schedules.clear();
  }

  private void scheduleProbe(String backend, Schedule schedule) {
    long delay = Math.min(MAX_DELAY_MS, firstDelayMs << Math.min(schedule.probes, DOUBLINGS));
    schedule.probes++;
    setTimer(delay, backend, schedule);
  }

  private void setTimer(long delay, String backend, Schedule schedule) {
    schedule.dueAt = now.getAsLong() + delay;
    schedule.timer = vertx.setTimer(delay, fired -> probe(backend, schedule));
  }

  private void probe(String backend, Schedule schedule) {
    schedule.probing = true;
    schedule.dueAt = now.getAsLong();
    probe
        .apply(backend)
        .onComplete(
            answer -> {
              schedule.probing = false;
              boolean stale = schedule.stale;
              schedule.stale = false;
              if (!schedule.refused || schedules.get(backend) != schedule) {
                return;
              }
              if (!stale && answer.succeeded() && answer.result()) {
                schedule.refused = false;
                onAccepted.accept(backend);
              } else {
                scheduleProbe(backend, schedule);
              }
            });
  }
}
