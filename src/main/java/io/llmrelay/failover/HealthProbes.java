package io.llmrelay.failover;

import io.llmrelay.availability.Availability;
import io.llmrelay.availability.Cooldown;
import io.llmrelay.availability.Entry;
import io.llmrelay.availability.KeyPreference;
import io.llmrelay.availability.Outcome;
import io.llmrelay.availability.Permit;
import io.llmrelay.availability.Skip;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.ProbeOptions;
import io.llmrelay.observe.RelayEvent.HealthProbe;
import io.llmrelay.observe.impl.Listeners;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The probes of backends at rest. A relay sends them once for all its lanes.
 *
 * <p>A backend is probed when no attempt has had a conclusive outcome for the interval, and soon
 * after the start. The outcome of a probe counts for the circuit as that of an attempt, and takes
 * the trial of a half-open one. After a failure the next probe follows within a second or two,
 * until the circuit is open or the backend answers, {@link #MAX_CONFIRMATIONS} times at most.
 *
 * <p>A backend has one timer or one probe in flight, on the context that created this.
 */
public final class HealthProbes {
  /** The pause between a failed probe and the next, if that is shorter than the interval. */
  static final long CONFIRM_MS = 1_000;

  static final int MAX_CONFIRMATIONS = 20;

  /** Until then after the start a backend is probed for the first time. */
  private static final long START_MS = 2_000;

  private static final class Schedule {
    final ProbeOptions options;
    final String model;
    long timer = -1;
    int confirmations;
    boolean stopped;

    /** When the timer fires, in milliseconds of {@link System#nanoTime}; read on any thread. */
    volatile long dueAt;

    Schedule(BackendOptions backend) {
      options = backend.getProbe();
      model = backend.getDefaultModel() == null ? "" : backend.getDefaultModel();
    }

    long intervalMs() {
      return options.getInterval().toMillis();
    }
  }

  /** The latest result. */
  private record Result(HealthProbe probe, long at) {}

  private final Vertx vertx;
  private final Context context;
  private final Availability availability;
  private final Map<String, Schedule> schedules = new ConcurrentHashMap<>();
  private final Map<String, Result> results = new ConcurrentHashMap<>();
  private Listeners listeners;
  private boolean closed;

  public HealthProbes(Vertx vertx, Availability availability) {
    this.vertx = vertx;
    context = vertx.getOrCreateContext();
    this.availability = availability;
  }

  /**
   * Applies the options of the backends, once the availability is configured for them. May be
   * called from any thread.
   */
  public void configure(Map<String, BackendOptions> backends, Listeners listeners) {
    context.runOnContext(
        v -> {
          if (!closed) {
            cancel();
            apply(backends, listeners);
          }
        });
  }

  private void apply(Map<String, BackendOptions> backends, Listeners listeners) {
    this.listeners = listeners;
    results.keySet().retainAll(backends.keySet());
    backends.forEach(
        (name, backend) -> {
          if (backend.getProbe() != null) {
            Schedule schedule = new Schedule(backend);
            schedules.put(name, schedule);
            schedule(name, schedule, Math.min(START_MS, schedule.intervalMs()) / 2);
          }
        });
  }

  /** Ends all probes. Must be called on the context that created this. */
  public void close() {
    closed = true;
    cancel();
  }

  /** Cancels the schedules; the probes in flight are settled, but not reported. */
  private void cancel() {
    schedules
        .values()
        .forEach(
            schedule -> {
              schedule.stopped = true;
              vertx.cancelTimer(schedule.timer);
            });
    schedules.clear();
  }

  /**
   * Returns the latest result of a backend and when the next probe is due: {@code {"kind",
   * "interval_ms", "next_in_ms", "healthy", "reason", "latency_ms", "at"}}; the last four only
   * after a probe. {@code next_in_ms} is 0 while one is in flight; attempts at the backend put it
   * off. Returns {@code null} for a backend without probes. May be called from any thread.
   */
  public JsonObject status(String backend) {
    Schedule schedule = schedules.get(backend);
    if (schedule == null) {
      return null;
    }
    JsonObject json =
        new JsonObject()
            .put("kind", schedule.options.getKind().name().toLowerCase(Locale.ROOT))
            .put("interval_ms", schedule.intervalMs())
            .put("next_in_ms", Math.max(0, schedule.dueAt - now()));
    Result result = results.get(backend);
    if (result != null) {
      json.put("healthy", result.probe.healthy())
          .put("reason", result.probe.reason())
          .put("latency_ms", result.probe.latencyMs())
          .put("at", result.at);
    }
    return json;
  }

  private static long now() {
    return System.nanoTime() / 1_000_000;
  }

  /** Schedules a check after a delay, up to half as long again. */
  private void schedule(String name, Schedule schedule, long ms) {
    long delay = Math.max(1, ms + ThreadLocalRandom.current().nextLong(ms / 2 + 1));
    schedule.dueAt = now() + delay;
    schedule.timer = vertx.setTimer(delay, id -> check(name, schedule));
  }

  private void check(String name, Schedule schedule) {
    if (!availability.backends().has(name)) {
      return; // A reload is removing it.
    }
    long rest = availability.backends().restMs(name);
    if (schedule.confirmations == 0 && rest < schedule.intervalMs()) {
      schedule(name, schedule, schedule.intervalMs() - rest);
      return;
    }
    Entry entry =
        availability
            .backends()
            .enter(name, schedule.model, null, false, new KeyPreference(0), null);
    if (entry instanceof Permit permit) {
      probe(name, schedule, permit);
    } else {
      schedule.confirmations = 0;
      long available = entry instanceof Skip skip ? skip.availableInMs() : -1;
      boolean soon = available >= 0 && available < schedule.intervalMs();
      schedule(name, schedule, soon ? Math.max(CONFIRM_MS, available) : schedule.intervalMs());
    }
  }

  private void probe(String name, Schedule schedule, Permit permit) {
    JsonObject request =
        new JsonObject()
            .put("health", schedule.options.getKind().name())
            .put("path", schedule.options.getPath());
    availability
        .probe(name, permit.key(), request)
        .onComplete(
            (reply, cause) -> {
              Failure failure = failure(reply);
              settle(permit, schedule.options.getKind(), failure);
              if (!schedule.stopped) {
                report(name, reply, failure);
                boolean confirm =
                    failure != null
                        && outcome(failure) == Outcome.FAILURE
                        && ++schedule.confirmations <= MAX_CONFIRMATIONS;
                schedule.confirmations = confirm ? schedule.confirmations : 0;
                long interval = schedule.intervalMs();
                schedule(name, schedule, confirm ? Math.min(CONFIRM_MS, interval) : interval);
              }
            });
  }

  private static Failure failure(JsonObject reply) {
    if (reply != null && Boolean.TRUE.equals(reply.getValue("ok"))) {
      return null;
    }
    JsonObject failure = reply == null ? null : reply.getJsonObject("failure");
    return failure == null
        ? Failure.of(FailureKind.UNAVAILABLE, "the provider verticle did not answer")
        : Failure.fromJson(failure);
  }

  private static Outcome outcome(Failure failure) {
    return failure == null ? Outcome.ALIVE : FailureRule.of(failure.kind()).outcome();
  }

  /**
   * Settles a probe as an attempt. What says that a list or a path is limited says nothing of the
   * chat: only a completion begins any cooldown, and a list one of a refused key.
   */
  private static void settle(Permit permit, ProbeOptions.Kind kind, Failure failure) {
    Outcome outcome = outcome(failure);
    Cooldown cooldown = null;
    if (outcome == Outcome.EXHAUSTED) {
      boolean applies =
          kind == ProbeOptions.Kind.COMPLETION
              || (kind == ProbeOptions.Kind.MODELS && failure.kind() == FailureKind.AUTHENTICATION);
      cooldown = applies ? FailureRule.of(failure.kind()).cooldown(failure) : null;
      outcome = applies ? outcome : Outcome.NEUTRAL;
    }
    permit.settle(outcome, cooldown, TokenUsage.NONE, null);
  }

  private void report(String name, JsonObject reply, Failure failure) {
    Result before = results.get(name);
    boolean healthy = failure == null;
    HealthProbe probe =
        new HealthProbe(
            name,
            healthy,
            healthy ? null : failure.kind().code(),
            reply == null ? 0 : reply.getLong("latency_ms", 0L),
            before == null ? !healthy : before.probe.healthy() != healthy);
    results.put(name, new Result(probe, System.currentTimeMillis()));
    listeners.deliver(probe);
  }
}
