package io.llmrelay.observe.impl;

import io.llmrelay.chat.Attempt;
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
    private volatile AttemptStart attempt;
    private volatile long firstChunkMs = -1;

    private Request(RequestStart start, long since) {
      this.start = start;
      this.since = since;
    }

    private JsonObject toJson(long now) {
      AttemptStart current = attempt;
      return describe(start.requestId(), start.metadata())
          .put("model", start.model())
          .put("streaming", start.streaming())
          .put("age_ms", now - since)
          .put("backend", current == null ? null : current.backend())
          .put("backend_model", current == null ? null : current.model())
          .put("first_chunk_ms", firstChunkMs < 0 ? null : firstChunkMs)
          .put("trail", Attempt.toJson(ended));
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
    backend(event.backend()).started(clock.getAsLong());
    Request request = requests.get(event.requestId());
    if (request != null) {
      request.attempt = event;
    }
  }

  @Override
  public void onAttemptEnd(AttemptEnd event) {
    backend(event.attempt().backend()).ended(event.attempt(), clock.getAsLong());
    Request request = requests.get(event.requestId());
    if (request != null) {
      List<Attempt> ended = new ArrayList<>(request.ended);
      ended.add(event.attempt());
      request.ended = List.copyOf(ended);
      request.attempt = null;
    }
  }

  @Override
  public void onFirstChunk(FirstChunk event) {
    Request request = requests.get(event.requestId());
    if (request != null) {
      request.firstChunkMs = event.sinceStartMs();
    }
  }

  @Override
  public void onRequestEnd(RequestEnd event) {
    requests.remove(event.requestId());
    if (isFailed(event) || event.trail().stream().anyMatch(Activity::isFailed)) {
      failovers.add(event);
    }
  }

  private static boolean isFailed(RequestEnd event) {
    return event.failure() != null && !isCancelled(event);
  }

  private static boolean isFailed(Attempt attempt) {
    return attempt.result() == Attempt.Result.FAILED;
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

  private BackendActivity backend(String name) {
    BackendActivity known = backends.get(name);
    return known != null ? known : backends.computeIfAbsent(name, n -> new BackendActivity());
  }

  /** Forgets the backends that are no longer configured. */
  public void retain(Set<String> names) {
    backends.keySet().retainAll(names);
  }

  /** Returns the last minute of a backend. */
  public JsonObject backendJson(String name) {
    return backend(name).toJson(clock.getAsLong());
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
   * Returns the last requests that failed, or of which an attempt did, the oldest first. Requests
   * that only skipped a candidate are left out: during an outage all requests do.
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
