package io.llmrelay.observe.impl;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.Attempt.Result;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.RelayEvent.AttemptEnd;
import io.llmrelay.observe.RelayEvent.AttemptStart;
import io.llmrelay.observe.RelayEvent.BudgetThreshold;
import io.llmrelay.observe.RelayEvent.CircuitStateChange;
import io.llmrelay.observe.RelayEvent.Exhausted;
import io.llmrelay.observe.RelayEvent.FirstChunk;
import io.llmrelay.observe.RelayEvent.HealthProbe;
import io.llmrelay.observe.RelayEvent.OperatorAction;
import io.llmrelay.observe.RelayEvent.RequestEnd;
import io.llmrelay.observe.RelayEvent.RequestStart;
import io.llmrelay.observe.RelayListener;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * The recent activity of a relay over all lanes, for operators: rates of each backend, requests in
 * flight, and the last failovers and changes of backends. It keeps no prompt and no answer.
 *
 * <p>Bounded: one entry for each request in flight, {@link #MAX_KEPT} failovers and as many
 * changes, and a minute of each backend. Thread-safe.
 */
public final class Activity implements RelayListener {
  /** The number of failovers, and of changes, that are kept. */
  public static final int MAX_KEPT = 100;

  /** The most requests in flight that are listed, the latest first; all are counted. */
  static final int MAX_LISTED = 50;

  private final LongSupplier clock;
  private final Map<String, BackendActivity> backends = new ConcurrentHashMap<>();

  /** The activity of each key of the backends with several, by backend and key. */
  private final Map<String, Map<String, BackendActivity>> keys = new ConcurrentHashMap<>();

  private final Map<String, Request> requests = new ConcurrentHashMap<>();
  private final Recent<RequestEnd> failovers = new Recent<>();
  private final Recent<RelayEvent> changes = new Recent<>();

  /** Creates a record without any activity. */
  public Activity() {
    this(() -> System.nanoTime() / 1_000_000);
  }

  /**
   * @param clock a monotonic clock in milliseconds
   */
  Activity(LongSupplier clock) {
    this.clock = clock;
  }

  /** A request in flight. Written on one event loop, read on any thread. */
  private static final class Request {
    private final RequestStart start;
    private final long since;
    private volatile List<Attempt> ended = List.of();

    /** The attempts that have not ended: more than one while a hedge is in flight. */
    private volatile List<Running> running = List.of();

    private volatile long firstChunkMs = -1;

    private Request(RequestStart start, long since) {
      this.start = start;
      this.since = since;
    }

    private JsonObject toJson(long now) {
      JsonArray attempts = new JsonArray();
      List<Running> current = running;
      current.forEach(each -> attempts.add(each.toJson(now - since)));
      Running latest = current.isEmpty() ? null : current.get(current.size() - 1);
      return describe(start.requestId(), start.metadata())
          .put("model", start.model())
          .put("streaming", start.streaming())
          .put("age_ms", now - since)
          .put("backend", latest == null ? null : latest.start.backend())
          .put("backend_model", latest == null ? null : latest.start.model())
          .put("first_chunk_ms", firstChunkMs < 0 ? null : firstChunkMs)
          .put("trail", Attempt.toJson(ended))
          .put("running", attempts);
    }
  }

  /**
   * An attempt in flight.
   *
   * @param atMs milliseconds from the start of the request to that of the attempt
   * @param serving whether it has reached the commit point
   */
  private record Running(AttemptStart start, long atMs, boolean serving) {
    private JsonObject toJson(long ageMs) {
      return new JsonObject()
          .put("backend", start.backend())
          .put("model", start.model())
          .put("result", serving ? "serving" : "waiting")
          .put("start_ms", atMs)
          .put("duration_ms", ageMs - atMs);
    }
  }

  /** The last events of a kind, numbered from 1. */
  private static final class Recent<E extends RelayEvent> {
    private record Numbered<E>(long number, long time, E event) {}

    private final Deque<Numbered<E>> events = new ArrayDeque<>();
    private long count;

    synchronized void add(E event) {
      if (events.size() == MAX_KEPT) {
        events.removeFirst();
      }
      events.addLast(new Numbered<>(++count, System.currentTimeMillis(), event));
    }

    synchronized JsonArray after(long number, Function<E, JsonObject> toJson) {
      JsonArray after = new JsonArray();
      for (Numbered<E> each : events) {
        if (each.number > number) {
          after.add(toJson.apply(each.event).put("number", each.number).put("time", each.time));
        }
      }
      return after;
    }
  }

  private static JsonObject describe(String id, Map<String, String> metadata) {
    return new JsonObject()
        .put("id", id)
        .put("caller_id", metadata.get(ChatRequest.REQUEST_ID))
        .put("key", metadata.get(ChatRequest.CONSUMER));
  }

  @Override
  public void onRequestStart(RequestStart event) {
    requests.put(event.requestId(), new Request(event, clock.getAsLong()));
  }

  @Override
  public void onAttemptStart(AttemptStart event) {
    long now = clock.getAsLong();
    backend(event.backend()).started(now);
    Request request = requests.get(event.requestId());
    if (request != null) {
      Running started = new Running(event, now - request.since, false);
      request.running = with(request.running, started);
    }
  }

  @Override
  public void onAttemptEnd(AttemptEnd event) {
    Attempt attempt = event.attempt();
    long now = clock.getAsLong();
    backend(attempt.backend()).ended(attempt, now);
    if (attempt.key() != null) {
      keys(attempt.backend())
          .computeIfAbsent(attempt.key(), name -> new BackendActivity())
          .ended(attempt, now);
    }
    Request request = requests.get(event.requestId());
    if (request != null) {
      List<Attempt> ended = new ArrayList<>(request.ended);
      ended.add(attempt);
      request.ended = List.copyOf(ended);
      request.running = without(request.running, event.number());
    }
  }

  @Override
  public void onFirstChunk(FirstChunk event) {
    Request request = requests.get(event.requestId());
    if (request != null) {
      request.firstChunkMs = event.sinceStartMs();
      for (Running each : request.running) {
        AttemptStart start = each.start;
        if (start.backend().equals(event.backend()) && start.model().equals(event.model())) {
          request.running =
              with(without(request.running, start.number()), new Running(start, each.atMs, true));
        }
      }
    }
  }

  @Override
  public void onRequestEnd(RequestEnd event) {
    requests.remove(event.requestId());
    if (isFailed(event)
        || event.trail().stream().anyMatch(Activity::isFailed)
        || event.trail().stream().filter(each -> each.result() != Result.SKIPPED).count() > 1) {
      failovers.add(event);
    }
  }

  private static boolean isFailed(RequestEnd event) {
    return event.failure() != null && !isCancelled(event);
  }

  private static boolean isFailed(Attempt attempt) {
    return attempt.result() == Result.FAILED;
  }

  private static boolean isCancelled(RequestEnd event) {
    return event.failure() != null && event.failure().kind() == FailureKind.CANCELLED;
  }

  @Override
  public void onCircuitStateChange(CircuitStateChange event) {
    changes.add(event);
  }

  @Override
  public void onExhausted(Exhausted event) {
    changes.add(event);
  }

  @Override
  public void onBudgetThreshold(BudgetThreshold event) {
    changes.add(event);
  }

  @Override
  public void onOperatorAction(OperatorAction event) {
    changes.add(event);
  }

  @Override
  public void onHealthProbe(HealthProbe event) {
    if (event.changed()) {
      changes.add(event);
    }
  }

  private static List<Running> with(List<Running> running, Running more) {
    if (running.isEmpty()) {
      return List.of(more);
    }
    List<Running> all = new ArrayList<>(running);
    all.add(more);
    return List.copyOf(all);
  }

  private static List<Running> without(List<Running> running, int number) {
    return running.size() == 1 && running.get(0).start.number() == number
        ? List.of()
        : running.stream().filter(each -> each.start.number() != number).toList();
  }

  private BackendActivity backend(String name) {
    BackendActivity known = backends.get(name);
    return known != null ? known : backends.computeIfAbsent(name, n -> new BackendActivity());
  }

  private Map<String, BackendActivity> keys(String backend) {
    return keys.computeIfAbsent(backend, name -> new ConcurrentHashMap<>());
  }

  /**
   * Forgets what is no longer configured.
   *
   * @param names the backends, each with the names of its keys
   */
  public void retain(Map<String, Set<String>> names) {
    backends.keySet().retainAll(names.keySet());
    keys.keySet().retainAll(names.keySet());
    keys.forEach((backend, known) -> known.keySet().retainAll(names.get(backend)));
  }

  /** Returns the last minute of a backend. */
  public JsonObject backendJson(String name) {
    return backend(name).toJson(clock.getAsLong());
  }

  /** Returns the last minute of a key of a backend. */
  public JsonObject keyJson(String backend, String key) {
    BackendActivity known = keys(backend).get(key);
    return (known == null ? new BackendActivity() : known).toJson(clock.getAsLong());
  }

  /** Returns the requests in flight, the latest first: {@code {"count", "latest": […]}}. */
  public JsonObject requestsJson() {
    long now = clock.getAsLong();
    JsonArray latest = new JsonArray();
    requests.values().stream()
        .sorted(Comparator.comparingLong((Request request) -> request.since).reversed())
        .limit(MAX_LISTED)
        .forEach(request -> latest.add(request.toJson(now)));
    return new JsonObject().put("count", requests.size()).put("latest", latest);
  }

  /**
   * Returns the last requests that failed, of which an attempt did, or that had several, such as a
   * hedge; the oldest first. Requests that only skipped a candidate are left out: during an outage
   * all requests do.
   *
   * @param after the number of the last one that is not wanted; 0 for all that are kept
   */
  public JsonArray failovers(long after) {
    return failovers.after(after, Activity::toJson);
  }

  private static JsonObject toJson(RequestEnd event) {
    boolean completed = event.failure() == null;
    return describe(event.requestId(), event.metadata())
        .put("streaming", event.streaming())
        .put("backend", event.backend())
        .put("model", event.model())
        .put("outcome", completed ? "completed" : isCancelled(event) ? "cancelled" : "failed")
        .put("reason", completed ? null : event.failure().kind().code())
        .put("duration_ms", event.durationMs())
        .put("cost_usd", event.costUsd())
        .put("trail", Attempt.toJson(event.trail()));
  }

  /**
   * Returns the last changes of backends as events with {@code number} and {@code time}, the oldest
   * first.
   *
   * @param after the number of the last one that is not wanted; 0 for all that are kept
   */
  public JsonArray changes(long after) {
    return changes.after(after, RelayEvent::toJson);
  }
}
