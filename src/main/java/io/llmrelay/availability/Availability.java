package io.llmrelay.availability;

import io.llmrelay.chat.FailureKind;
import io.llmrelay.observe.Listeners;
import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.RelayEvent.CircuitState;
import io.llmrelay.observe.RelayEvent.CircuitStateChange;
import io.llmrelay.observe.RelayEvent.Exhausted;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * What is known of every backend: circuits, cooldowns, refused keys, budgets and slots. One object
 * for a relay, shared by all its lanes: what an attempt on one lane teaches holds for the next
 * request of every lane.
 *
 * <p>Attempts read and write it on their own threads, without a lock or a message. What takes time
 * happens on the context of its creator: probes of refused keys, the state file, and {@link News}.
 */
public final class Availability {
  private final Vertx vertx;
  private final Context context;
  private final InstantSource clock;
  private final LongSupplier now;
  private final KeyProbes keys;
  private final News news;
  private final AtomicInteger requests = new AtomicInteger();
  private volatile AvailabilitySettings settings;
  private volatile Listeners listeners;
  private volatile Backends backends = new Backends(Map.of());
  private StateFile state;

  public Availability(Vertx vertx) {
    this(vertx, InstantSource.system(), () -> System.nanoTime() / 1_000_000, KeyProbes.FIRST_DELAY);
  }

  /**
   * An availability with another clock and another patience, for tests.
   *
   * @param clock the time of day, for budgets and the state file
   * @param now milliseconds that only go forward
   * @param firstProbe when a backend that refused its key is first probed
   */
  public Availability(Vertx vertx, InstantSource clock, LongSupplier now, Duration firstProbe) {
    this.vertx = vertx;
    this.clock = clock;
    context = vertx.getOrCreateContext();
    this.now = now;
    keys = new KeyProbes(vertx, firstProbe, this::acceptsKey, this::keyAccepted);
    news = new News(vertx, this);
  }

  /** Begins with what the state file holds, if there is one. To be called on the context. */
  public Future<?> open(AvailabilitySettings settings, Listeners listeners) {
    configure(settings, listeners, Set.of());
    return news.open(settings.prefix())
        .compose(open -> state == null ? Future.succeededFuture() : state.read())
        .onSuccess(saved -> restore(saved));
  }

  /**
   * Takes over another configuration; requests that began before it end under theirs. To be called
   * on the context.
   *
   * @param same the backends that are the same as before: what is known of them is kept
   */
  public void configure(AvailabilitySettings next, Listeners tell, Set<String> same) {
    Map<String, BackendState> before = backends.all();
    boolean sameCircuits = settings != null && settings.circuit().equals(next.circuit());
    Map<String, BackendState> states = new LinkedHashMap<>();
    for (AvailabilitySettings.Backend backend : next.backends()) {
      BackendState known = before.get(backend.name());
      boolean kept = known != null && same.contains(backend.name());
      BackendState state = kept && sameCircuits ? known : state(backend, known, kept, next);
      state.budget.limit(backend.budget());
      state.slots.limit(backend.maxConnections(), next.maxWaiting());
      states.put(backend.name(), state);
    }
    before.values().stream().filter(known -> !states.containsValue(known)).forEach(this::retire);
    states.values().stream()
        .filter(state -> state.exhaustion.keyRefused())
        .forEach(state -> keys.refused(state.name));
    configureStateFile(next);
    settings = next;
    listeners = tell;
    backends = new Backends(states);
    changed();
  }

  /** A new state that keeps of the one before what still holds. */
  private BackendState state(
      AvailabilitySettings.Backend backend,
      BackendState known,
      boolean sameBackend,
      AvailabilitySettings next) {
    String name = backend.name();
    return new BackendState(
        this,
        name,
        backend.account(),
        sameBackend ? known.exhaustion : new Exhaustion(now, next.maxExhaustion().toMillis()),
        known != null
            ? known.budget
            : new Budget(name, null, clock, this::deliver, spend -> spent(name, spend)),
        known != null ? known.slots : new Slots(backend.maxConnections(), next.maxWaiting()),
        next.circuit().getScope(),
        (state, circuit) ->
            new Circuit(
                vertx,
                circuit,
                next.circuit(),
                now,
                (from, to) -> circuitChanged(state, new CircuitStateChange(circuit, from, to))));
  }

  /** Tells of every circuit that is not closed that it is no more. */
  private void retire(BackendState backend) {
    backend.retire();
    keys.taken(backend.name);
    backend
        .circuitStates()
        .forEach(
            (circuit, last) -> {
              if (last != CircuitState.CLOSED) {
                deliver(new CircuitStateChange(circuit, last, CircuitState.CLOSED));
              }
            });
  }

  private void configureStateFile(AvailabilitySettings next) {
    if (settings != null && Objects.equals(settings.stateFile(), next.stateFile())) {
      return;
    }
    if (state != null) {
      state.close();
    }
    state = next.stateFile() == null ? null : new StateFile(vertx, next.stateFile(), this::toSave);
  }

  /** Keeps what is to be kept. To be called on the context. */
  public Future<?> close() {
    backends.all().values().forEach(this::retire);
    keys.close();
    return news.close().eventually(() -> state == null ? Future.succeededFuture() : state.close());
  }

  /** The backends as they are configured now. */
  public Backends backends() {
    return backends;
  }

  /** Counts one more request in flight, unless there are so many already. */
  public boolean begin(int maxRequests) {
    if (requests.incrementAndGet() > maxRequests) {
      requests.decrementAndGet();
      return false;
    }
    return true;
  }

  /** A request is over. */
  public void end() {
    requests.decrementAndGet();
  }

  /** The requests in flight. */
  public int requests() {
    return requests.get();
  }

  /** Probes a backend; never fails. */
  public Future<JsonObject> probe(String backend) {
    return probe(backend, new JsonObject());
  }

  private Future<JsonObject> probe(String backend, JsonObject how) {
    return vertx
        .eventBus()
        .<JsonObject>request(settings.providers() + ".provider." + backend + ".probe", how)
        .map(Message::body)
        .otherwise(unreachable -> new JsonObject().put("ok", false));
  }

  private Future<Boolean> acceptsKey(String backend) {
    return probe(backend, new JsonObject().put("key", true)).map(reply -> reply.getBoolean("ok"));
  }

  /** A model, or with {@code null} all of a backend, asked not to be used for a while. */
  void exhausted(BackendState backend, String model, Cooldown cooldown) {
    if (cooldown.forMs() > 0
        && backend.exhaustion.extend(model, cooldown.kind(), cooldown.forMs())
        && !backend.isRetired()) {
      String name = model == null ? backend.name : backend.name + "/" + model;
      tell(backend, new Exhausted(name, cooldown.kind().code(), cooldown.forMs()));
    }
  }

  /** A backend refused its key: here, or on another node. */
  void keyRefused(BackendState backend, boolean here) {
    if (backend.exhaustion.refuseKey() && !backend.isRetired()) {
      context.runOnContext(v -> keys.refused(backend.name));
      if (here) {
        tell(backend, keyEvent(backend, -1));
      }
    }
  }

  private void keyAccepted(String name) {
    BackendState backend = backends.all().get(name);
    if (backend != null) {
      keyAccepted(backend, true);
    }
  }

  /** A backend accepts its key again. */
  void keyAccepted(BackendState backend, boolean here) {
    if (backend.exhaustion.acceptKey()) {
      context.runOnContext(v -> keys.taken(backend.name));
      if (here) {
        tell(backend, keyEvent(backend, 0));
      }
    }
  }

  private static Exhausted keyEvent(BackendState backend, long forMs) {
    return new Exhausted(backend.name, FailureKind.AUTHENTICATION.code(), forMs);
  }

  /** A backend that had refused its key served a request. */
  void served(BackendState backend) {
    context.runOnContext(v -> keys.served(backend.name));
  }

  private void tell(BackendState backend, Exhausted event) {
    changed();
    deliver(event);
    news.exhausted(backend, event);
  }

  private void circuitChanged(BackendState backend, CircuitStateChange event) {
    if (!backend.isRetired()) {
      deliver(event);
      if (event.to() == CircuitState.OPEN) {
        news.opened(backend, event);
      }
    }
  }

  private void spent(String backend, Spend spend) {
    changed();
    BackendState known = backends.all().get(backend);
    if (known != null) {
      news.spent(known, spend);
    }
  }

  private void deliver(RelayEvent event) {
    listeners.deliver(event);
  }

  private void restore(JsonObject saved) {
    if (saved == null) {
      return;
    }
    try {
      SavedState.restore(saved, backends, clock.millis()).forEach(keys::refusedBefore);
    } catch (RuntimeException e) {
      state.ignored(e);
    }
  }

  private JsonObject toSave() {
    return SavedState.of(backends, clock.millis());
  }

  /** Something that the state file keeps is different now. */
  void changed() {
    if (state != null) {
      context.runOnContext(
          v -> {
            if (state != null) {
              state.changed();
            }
          });
    }
  }
}
