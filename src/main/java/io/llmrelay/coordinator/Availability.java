package io.llmrelay.coordinator;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.observe.Listeners;
import io.llmrelay.observe.RelayEvent.CircuitState;
import io.llmrelay.observe.RelayEvent.CircuitStateChange;
import io.llmrelay.observe.RelayEvent.Exhausted;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * What all requests share: which backends had better be left alone now. Circuits, exhaustion,
 * refused keys and budgets, fed by the attempts of this coordinator and by what others announce,
 * and kept over a restart where there is a state file.
 */
final class Availability {
  /** Behind the prefix: where coordinators tell each other what they learnt. */
  static final String ANNOUNCE = ".announce";

  private static final String ORIGIN = "origin";
  private static final String OPEN = "open";
  private static final String AUTHENTICATION = FailureKind.AUTHENTICATION.code();

  private final Vertx vertx;
  private final CoordinatorSettings settings;
  private final Listeners listeners;
  private final InstantSource clock;
  private final LongSupplier now;
  private final Set<String> backends;
  private final String origin = UUID.randomUUID().toString();
  private final Circuits circuits;
  private final KeyProbes keys;
  private final StateFile state;
  private Exhaustion exhaustion;
  private Budgets budgets;
  private boolean handedOver;

  /** The backends of which others are told what is learnt here. */
  private Set<String> newsOf;

  /** Whether the hooks are told how circuits change. */
  private boolean silent;

  /** Whether it is being told that a circuit opened. */
  private boolean told;

  /**
   * Everybody is available.
   *
   * @param clock the one on the wall
   * @param now milliseconds that only go forward
   * @param firstProbe when a backend is asked that refused its key
   */
  Availability(
      Vertx vertx,
      CoordinatorSettings settings,
      Listeners listeners,
      InstantSource clock,
      LongSupplier now,
      Duration firstProbe) {
    this.vertx = vertx;
    this.settings = settings;
    this.listeners = listeners;
    this.clock = clock;
    this.now = now;
    backends = settings.backends().stream().map(Backend::name).collect(Collectors.toSet());
    newsOf = backends;
    circuits = new Circuits(vertx, settings.circuit(), now, this::circuitChanged);
    keys = new KeyProbes(vertx, firstProbe, this::takesKey, backend -> taken(backend, true));
    state =
        settings.stateFile() == null
            ? null
            : new StateFile(vertx, settings.stateFile(), this::toSave);
    knowNothing();
  }

  /** Takes up where another one is, or else where the last run ended, if there is a state file. */
  Future<?> open(JsonObject known) {
    if (known == null) {
      return restore();
    }
    restore(known);
    silent = true;
    known.getJsonArray(OPEN).forEach(circuit -> openToo((String) circuit));
    silent = false;
    changed();
    return Future.succeededFuture();
  }

  /** Keeps what is to be kept. */
  Future<?> close() {
    if (!handedOver) {
      giveUpCircuits(Set.of());
    }
    circuits.close();
    keys.close();
    return keepsState() ? state.close() : Future.succeededFuture();
  }

  /**
   * What another one is to know that takes over. This one does not write the state file any more,
   * and what it still learns of other backends concerns nobody.
   *
   * @param same the backends of which it still holds
   */
  JsonObject handOver(Set<String> same) {
    handedOver = true;
    newsOf = same;
    if (state != null) {
      state.leave();
    }
    JsonObject known = toSave().put(OPEN, giveUpCircuits(same));
    JsonObject exhausted = known.getJsonObject("exhausted");
    Set.copyOf(exhausted.fieldNames()).stream()
        .filter(candidate -> !same.contains(backend(candidate)))
        .forEach(exhausted::remove);
    return known;
  }

  /** Says of every circuit that is open where it ends: open in other hands, or closed. */
  private JsonArray giveUpCircuits(Set<String> same) {
    JsonArray open = new JsonArray();
    circuits
        .states()
        .forEach(
            (circuit, last) -> {
              boolean kept = last != CircuitState.CLOSED && same.contains(backend(circuit));
              CircuitState end = kept ? CircuitState.OPEN : CircuitState.CLOSED;
              if (kept) {
                open.add(circuit);
              }
              if (last != end) {
                listeners.deliver(new CircuitStateChange(circuit, last, end));
              }
            });
    silent = true;
    return open;
  }

  Circuits circuits() {
    return circuits;
  }

  Exhaustion exhaustion() {
    return exhaustion;
  }

  Budgets budgets() {
    return budgets;
  }

  /** Why the candidate may not be tried now, or {@code null}. */
  Gate.Skip look(Candidate candidate, boolean waited) {
    Gate.Skip skip = circuits.of(candidate).look();
    return skip != null || waited ? skip : exhaustion.look(candidate);
  }

  /** Why an attempt for this request may not be made now, or {@code null}. */
  Gate.Skip look(Candidate candidate, ChatRequest request) {
    Gate.Skip skip = look(candidate, false);
    Budget budget = budgets.of(candidate.backend());
    return skip != null || budget == null ? skip : budget.look(candidate.expected(request));
  }

  /** Learns from an attempt. */
  void note(Candidate candidate, Outcome outcome, Failure failure) {
    if (outcome == Outcome.SUCCESS) {
      keys.served(candidate.backend());
    }
    if (failure == null) {
      return;
    }
    if (FailureRule.of(failure.kind()).exhausts() == FailureRule.Exhausts.KEY) {
      refused(candidate.backend(), true);
    } else {
      noteExhaustion(candidate, failure);
    }
  }

  /** Leaves a candidate alone for as long as it said, or as long as its kind of failure lasts. */
  private void noteExhaustion(Candidate candidate, Failure failure) {
    FailureRule rule = FailureRule.of(failure.kind());
    long forMs = rule.waitMs(failure);
    if (rule.exhausts() == FailureRule.Exhausts.NOTHING || forMs <= 0) {
      return;
    }
    boolean wholeBackend = rule.exhausts() == FailureRule.Exhausts.BACKEND;
    String key = wholeBackend ? candidate.backend() : candidate.toString();
    if (exhaustion.extend(key, failure.kind(), forMs)) {
      tell(new Exhausted(key, failure.kind().code(), forMs), true);
    }
  }

  /** A backend refused its key: here, or somewhere else. */
  private void refused(String backend, boolean here) {
    if (backends.contains(backend) && exhaustion.refuse(backend)) {
      keys.refused(backend);
      tell(new Exhausted(backend, AUTHENTICATION, -1), here);
    }
  }

  /** A backend takes its key again. */
  private void taken(String backend, boolean here) {
    if (exhaustion.take(backend)) {
      keys.taken(backend);
      tell(new Exhausted(backend, AUTHENTICATION, 0), here);
    }
  }

  /** Tells the hooks and the other coordinators what was learnt here; what they learnt, nobody. */
  private void tell(Exhausted event, boolean here) {
    changed();
    if (here) {
      listeners.deliver(event);
      if (newsOf.contains(backend(event.candidate()))) {
        announce(event.toJson());
      }
    }
  }

  private void spent(String backend, Spend spend) {
    changed();
    announce(
        new JsonObject()
            .put("spender", backend)
            .put("requests", spend.requests())
            .put("tokens", spend.tokens())
            .put("nano_usd", spend.nanoUsd()));
  }

  /** Opens a circuit of which that is known already. */
  private void openToo(String circuit) {
    told = true;
    circuits.openToo(circuit);
    told = false;
  }

  private void circuitChanged(CircuitStateChange event) {
    if (!silent) {
      listeners.deliver(event);
    }
    if (event.to() == CircuitState.OPEN && !told && newsOf.contains(backend(event.circuit()))) {
      announce(event.toJson());
    }
  }

  private void announce(JsonObject news) {
    vertx.eventBus().publish(settings.prefix() + ANNOUNCE, news.put(ORIGIN, origin));
  }

  /** What another coordinator learnt; whatever else comes to the address is nobody's news. */
  void heard(Object body) {
    if (!(body instanceof JsonObject news) || origin.equals(news.getValue(ORIGIN))) {
      return;
    }
    if (news.getValue("candidate") instanceof String candidate
        && ours(candidate)
        && news.getValue("reason") instanceof String reason
        && news.getValue("for_ms") instanceof Number forMs) {
      heardExhausted(candidate, FailureKind.of(reason), forMs.longValue());
    } else if (news.getValue("circuit") instanceof String circuit
        && ours(circuit)
        && CircuitState.OPEN.code().equals(news.getValue("to"))) {
      openToo(circuit);
    } else if (news.getValue("spender") instanceof String backend
        && news.getValue("requests") instanceof Number requests
        && news.getValue("tokens") instanceof Number tokens
        && news.getValue("nano_usd") instanceof Number nanoUsd) {
      budgets.heard(
          backend, new Spend(requests.longValue(), tokens.longValue(), nanoUsd.longValue()));
      changed();
    }
  }

  private void heardExhausted(String candidate, FailureKind kind, long forMs) {
    if (kind != FailureKind.AUTHENTICATION) {
      exhaustion.extend(candidate, kind, forMs);
      changed();
    } else if (forMs < 0) {
      refused(candidate, false);
    } else {
      taken(candidate, false);
    }
  }

  /** Whether this is a backend of ours, or a model of one. */
  private boolean ours(String name) {
    return backends.contains(backend(name));
  }

  /** The backend of a candidate or circuit. */
  private static String backend(String name) {
    int slash = name.indexOf('/');
    return slash < 0 ? name : name.substring(0, slash);
  }

  /** Asks a backend itself; never fails. */
  Future<JsonObject> probe(String backend) {
    return vertx
        .eventBus()
        .<JsonObject>request(
            settings.providers() + ".provider." + backend + ".probe", new JsonObject())
        .map(Message::body)
        .otherwise(nobody -> new JsonObject().put("ok", false));
  }

  /**
   * Whether a backend takes its key. One that has no list of models, or does not show it to us,
   * does as long as it does not say that the key is wrong.
   */
  private Future<Boolean> takesKey(String backend) {
    return probe(backend)
        .map(
            reply -> {
              JsonObject failure = reply.getJsonObject("failure", new JsonObject());
              return reply.getBoolean("ok")
                  || switch (FailureKind.of(failure.getString("kind"))) {
                    case PERMISSION, MODEL_NOT_FOUND, UNSUPPORTED, INVALID_REQUEST -> true;
                    case RATE_LIMITED, QUOTA_EXHAUSTED -> true;
                    default -> false;
                  };
            });
  }

  private void knowNothing() {
    exhaustion = new Exhaustion(now);
    budgets = new Budgets(settings.budgets(), clock, listeners::deliver, this::spent);
  }

  private Future<?> restore() {
    if (state == null) {
      return Future.succeededFuture();
    }
    return state
        .read()
        .onSuccess(
            saved -> {
              try {
                restore(saved == null ? new JsonObject() : saved);
              } catch (RuntimeException e) {
                state.ignored(e);
                knowNothing();
              }
            });
  }

  private void restore(JsonObject saved) {
    budgets.restore(saved.getJsonObject("spend", new JsonObject()));
    exhaustion
        .restore(saved.getJsonObject("exhausted", new JsonObject()), clock.millis(), backends)
        .forEach(keys::refusedBefore);
  }

  private JsonObject toSave() {
    return new JsonObject()
        .put("exhausted", exhaustion.toJson(clock.millis()))
        .put("spend", budgets.toJson());
  }

  private void changed() {
    if (keepsState()) {
      state.changed();
    }
  }

  /**
   * Only one of the coordinators that share a state file writes it; it hears of what they learn.
   */
  private boolean keepsState() {
    return state != null && settings.keepsState() && !handedOver;
  }
}
