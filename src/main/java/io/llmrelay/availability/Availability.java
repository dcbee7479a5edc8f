package io.llmrelay.availability;

import io.llmrelay.chat.CandidateName;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.cluster.SharedLimits;
import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.RelayEvent.CircuitState;
import io.llmrelay.observe.RelayEvent.CircuitStateChange;
import io.llmrelay.observe.RelayEvent.Exhausted;
import io.llmrelay.observe.RelayEvent.OperatorAction;
import io.llmrelay.observe.impl.Listeners;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * The shared state of every backend: circuits, cooldowns, refused keys, budgets and slots. A relay
 * has one, shared by all its lanes, so that the outcome of an attempt on one lane holds for the
 * next request of every lane.
 *
 * <p>Attempts read and write the state on their own threads, without a lock or a message. Probes of
 * refused keys, the state file and {@link News} run on the context that created the availability.
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
  private volatile Backends backends = new Backends(Map.of(), Map.of(), name -> -1);
  private final SharedLimits sharedLimits;
  private final KeyBudgets keyBudgets;
  private final Hedges hedges = new Hedges();
  private final ResumeMemory resumeMemory = new ResumeMemory();
  private volatile StateFile state;
  private List<String> refusedBefore = List.of();

  public Availability(Vertx vertx) {
    this(vertx, InstantSource.system(), () -> System.nanoTime() / 1_000_000, KeyProbes.FIRST_DELAY);
  }

  /**
   * Creates an availability with another clock and another probe delay, for tests.
   *
   * @param clock the time of day, for budgets and the state file
   * @param now a monotonic clock in milliseconds
   * @param firstProbe the delay of the first probe of a backend that refused its key
   */
  public Availability(Vertx vertx, InstantSource clock, LongSupplier now, Duration firstProbe) {
    this.vertx = vertx;
    this.clock = clock;
    context = vertx.getOrCreateContext();
    this.now = now;
    keys = new KeyProbes(vertx, now, firstProbe, this::acceptsKey, this::keyAccepted);
    news = new News(vertx, context, this, now);
    sharedLimits = new SharedLimits(vertx, context, now);
    keyBudgets = new KeyBudgets(clock, this::deliver, this::changed, sharedLimits);
  }

  /**
   * Configures the availability and restores the state file, if there is one. Must be called on the
   * context.
   */
  public Future<?> open(AvailabilitySettings settings, Listeners listeners) {
    configure(settings, listeners, Set.of());
    return news.open(settings.prefix())
        .compose(open -> state == null ? Future.succeededFuture() : state.read())
        .compose(
            saved -> {
              restore(saved);
              return sharedLimits.open(settings.prefix());
            });
  }

  /**
   * Probes the backends whose keys were refused before the start. Must be called once, as soon as
   * the provider verticles are deployed.
   */
  public void probeRefusedKeys() {
    context.runOnContext(v -> refusedBefore.forEach(keys::keyRefusedBeforeRestart));
  }

  /**
   * Applies another configuration; requests in flight end under the one they began with. Must be
   * called on the context.
   *
   * @param same the backends whose state is kept, because their configuration is unchanged
   */
  public void configure(AvailabilitySettings next, Listeners nextListeners, Set<String> same) {
    Map<String, BackendState> before = backends.all();
    Set<Budget> budgets = new HashSet<>();
    for (BackendState known : before.values()) {
      budgets.add(known.budget);
      known.keys().forEach(account -> budgets.add(account.budget));
    }
    boolean sameCircuits = settings != null && settings.circuit().equals(next.circuit());
    Map<String, BackendState> states = new LinkedHashMap<>();
    for (AvailabilitySettings.Backend backend : next.backends()) {
      BackendState known = before.get(backend.name());
      boolean kept = known != null && same.contains(backend.name());
      BackendState state = kept && sameCircuits ? known : state(backend, known, kept, next);
      state.setKeys(keys(backend, known, kept, next));
      state.budget.limit(backend.budget());
      state.budget.share(sharedLimits, backend.keys().get(0).account() + "/" + backend.name());
      state.slots.limit(backend.maxConnections(), next.maxWaiting(), backend.adaptive());
      states.put(backend.name(), state);
    }
    before.values().stream().filter(known -> !states.containsValue(known)).forEach(this::retire);
    Set<Budget> shared = new HashSet<>();
    Set<String> probed = new HashSet<>();
    for (BackendState state : states.values()) {
      shared.add(state.budget);
      for (Account account : state.keys()) {
        shared.add(account.budget);
        if (account.exhaustion.keyRefused()) {
          probed.add(account.name);
        }
      }
    }
    unshareAllBut(shared, budgets);
    keys.keep(probed);
    keyBudgets.configure(next.keys());
    configureStateFile(next);
    settings = next;
    listeners = nextListeners;
    backends = new Backends(states, next.weights(), keys::nextInMs);
    changed();
  }

  /** Stops sharing the budgets that are no longer in use. */
  private void unshareAllBut(Set<Budget> inUse, Set<Budget> all) {
    all.stream()
        .filter(budget -> !inUse.contains(budget))
        .forEach(budget -> budget.share(sharedLimits, null));
  }

  /** Creates a state that keeps what still applies of the previous one. */
  private BackendState state(
      AvailabilitySettings.Backend backend,
      BackendState known,
      boolean sameBackend,
      AvailabilitySettings next) {
    BackendState state = newState(backend, known, sameBackend, next);
    state.setDisabled(known != null && known.isDisabled());
    return state;
  }

  private BackendState newState(
      AvailabilitySettings.Backend backend,
      BackendState known,
      boolean sameBackend,
      AvailabilitySettings next) {
    String name = backend.name();
    return new BackendState(
        this,
        name,
        keys(backend, known, sameBackend, next),
        known != null ? known.budget : new Budget(name, null, clock, this::deliver, this::changed),
        known != null ? known.slots : new Slots(now),
        next.circuit().getScope(),
        (state, circuit) ->
            new Circuit(
                vertx,
                circuit,
                next.circuit(),
                now,
                (from, to) -> circuitChanged(state, new CircuitStateChange(circuit, from, to))));
  }

  /** Returns the keys, with what is known of those that were there before. */
  private Keys keys(
      AvailabilitySettings.Backend backend,
      BackendState known,
      boolean sameBackend,
      AvailabilitySettings next) {
    List<Account> before = known == null ? List.of() : known.keys().all();
    List<Account> accounts = new ArrayList<>();
    for (AvailabilitySettings.Key key : backend.keys()) {
      boolean keeps = sameBackend || key.name() != null;
      Account same = find(before, account -> keeps && account.id.equals(key.account()));
      Account named = find(before, account -> Objects.equals(account.key, key.name()));
      String name = Account.name(backend.name(), key.name());
      Budget budget =
          same != null && same.name.equals(name)
              ? same.budget
              : named != null
                  ? named.budget
                  : new Budget(name, null, clock, this::deliver, this::changed);
      Account account =
          new Account(
              backend.name(),
              key,
              same != null ? same.exhaustion : new Exhaustion(now, next.maxExhaustion().toMillis()),
              budget,
              same != null ? same.slots : new Slots(now));
      account.exhaustion.limit(next.maxExhaustion().toMillis());
      budget.limit(key.budget());
      boolean limited = key.maxConnections() != null;
      account.slots.limit(
          limited ? key.maxConnections() : Integer.MAX_VALUE, next.maxWaiting(), false);
      if (key.name() != null) {
        budget.share(sharedLimits, key.account() + "/" + name);
      }
      accounts.add(account);
    }
    return new Keys(accounts, backend.preferKey());
  }

  private static Account find(List<Account> accounts, Predicate<Account> condition) {
    return accounts.stream().filter(condition).findFirst().orElse(null);
  }

  /** Retires a backend and reports its open circuits as closed. */
  private void retire(BackendState backend) {
    backend.retire();
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

  /** Writes the state file and releases all resources. Must be called on the context. */
  public Future<?> close() {
    backends.all().values().forEach(this::retire);
    keys.close();
    return Future.join(news.close(), sharedLimits.close())
        .eventually(() -> state == null ? Future.succeededFuture() : state.close());
  }

  /** Returns the limits that all nodes keep to together. */
  public SharedLimits sharedLimits() {
    return sharedLimits;
  }

  /** Returns the budgets of the gateway's keys. */
  public KeyBudgets keyBudgets() {
    return keyBudgets;
  }

  /** Returns what the hedges of all requests share. */
  public Hedges hedges() {
    return hedges;
  }

  /** Returns the memory that is held for answers that may be resumed. */
  public ResumeMemory resumeMemory() {
    return resumeMemory;
  }

  /** Returns the backends of the current configuration. */
  public Backends backends() {
    return backends;
  }

  /** An action of an operator on a backend or one of its circuits. */
  public enum Action {
    /** Opens a circuit, which is half-open after the usual time. */
    OPEN_CIRCUIT,
    /** Closes a circuit. */
    CLOSE_CIRCUIT,
    /** Closes a circuit and discards the outcomes it has counted. */
    RESET_CIRCUIT,
    /** Ends cooldowns, and tries a refused key again. */
    CLEAR_COOLDOWN,
    /** Makes no further attempt at the backend until it is enabled or the relay restarts. */
    DISABLE,
    /** Ends {@link #DISABLE}. */
    ENABLE
  }

  /**
   * Applies an operator's action and notifies the listeners. Requests in flight are not affected.
   *
   * @param model the model whose circuit or cooldown is meant; {@code null} for all of the backend
   * @return whether anything changed; {@code null} for an unknown backend
   */
  public Boolean apply(Action action, String backend, String model) {
    BackendState state = backends.all().get(backend);
    if (state == null) {
      return null;
    }
    boolean applied =
        switch (action) {
          case OPEN_CIRCUIT -> circuits(state, model, Circuit::forceOpen);
          case CLOSE_CIRCUIT -> circuits(state, model, Circuit::forceClose);
          case RESET_CIRCUIT -> circuits(state, model, Circuit::reset);
          case CLEAR_COOLDOWN -> clearCooldown(state, model);
          case DISABLE -> state.setDisabled(true);
          case ENABLE -> state.setDisabled(false);
        };
    String name = new CandidateName(backend, model).toString();
    deliver(new OperatorAction(name, action.name().toLowerCase(Locale.ROOT), applied));
    return applied;
  }

  private static boolean circuits(BackendState state, String model, Predicate<Circuit> action) {
    boolean applied = false;
    for (Circuit circuit : state.circuits(model)) {
      applied |= action.test(circuit);
    }
    return applied;
  }

  private boolean clearCooldown(BackendState state, String model) {
    boolean any = false;
    for (Account account : state.keys()) {
      boolean refused = model == null && account.exhaustion.keyRefused();
      any |= account.exhaustion.clear(model);
      if (refused) {
        context.runOnContext(v -> keys.keyAccepted(account.name));
        deliverKey(state, account, 0);
        news.key(account, false);
      }
    }
    if (any) {
      changed();
    }
    return any;
  }

  /** Adds a request in flight, or returns false if there are {@code maxRequests} already. */
  public boolean begin(int maxRequests) {
    if (requests.incrementAndGet() > maxRequests) {
      requests.decrementAndGet();
      return false;
    }
    return true;
  }

  /** Removes a request in flight. */
  public void end() {
    requests.decrementAndGet();
  }

  /** Returns the number of requests in flight. */
  public int requests() {
    return requests.get();
  }

  /** Returns the time of a monotonic clock in milliseconds. */
  long now() {
    return now.getAsLong();
  }

  /** Probes a backend, with its first key; the future never fails. */
  public Future<JsonObject> probe(String backend) {
    BackendState state = backends.all().get(backend);
    String account = state == null ? backend : state.keys().get(0).name;
    return probeAccount(account, new JsonObject());
  }

  /**
   * As {@link #probe(String)}, with one of the backend's keys.
   *
   * @param key the name of the key; {@code null} if the backend has no more than one
   * @param options those that the provider verticle takes
   */
  public Future<JsonObject> probe(String backend, String key, JsonObject options) {
    return probeAccount(Account.name(backend, key), options);
  }

  /** Probes with the key of an account. */
  private Future<JsonObject> probeAccount(String account, JsonObject options) {
    return vertx
        .eventBus()
        .<JsonObject>request(settings.provider(account) + ".probe", options)
        .map(Message::body)
        .otherwise(unreachable -> new JsonObject().put("ok", false));
  }

  private Future<Boolean> acceptsKey(String account) {
    return probeAccount(account, new JsonObject().put("key", true))
        .map(reply -> reply.getBoolean("ok"));
  }

  /** Begins a cooldown of a model, or of the whole account if the model is {@code null}. */
  void exhausted(BackendState backend, Account account, String model, Cooldown cooldown) {
    if (cooldown.forMs() > 0
        && account.exhaustion.extend(model, cooldown.kind(), cooldown.forMs())
        && !backend.isRetired()) {
      String name = new CandidateName(backend.name, model).toString();
      changed();
      deliver(new Exhausted(name, account.key, cooldown.kind().code(), cooldown.forMs()));
      news.cooldown(account, model, cooldown.kind(), cooldown.forMs());
    }
  }

  /** Begins or extends a cooldown that another node announced. */
  void adoptCooldown(Account account, String model, FailureKind kind, long forMs) {
    if (kind != FailureKind.AUTHENTICATION
        && forMs > 0
        && account.exhaustion.extend(model, kind, forMs)) {
      changed();
    }
  }

  /**
   * Makes an account unavailable until its key is accepted.
   *
   * @param here whether this node detected it, and therefore notifies the other nodes
   */
  void keyRefused(BackendState backend, Account account, boolean here) {
    boolean adopted = here ? account.refuseKey() : account.adoptKeyRefusal(now.getAsLong());
    if (!adopted || backend.isRetired()) {
      return;
    }
    if (here) {
      context.runOnContext(v -> keys.keyRefused(account.name));
      deliverKey(backend, account, -1);
      news.key(account, true);
    } else {
      context.runOnContext(v -> keys.keyRefusedElsewhere(account.name));
      changed();
    }
  }

  private void keyAccepted(String name) {
    for (BackendState backend : backends.all().values()) {
      for (Account account : backend.keys()) {
        if (account.name.equals(name)) {
          keyAccepted(backend, account, true);
        }
      }
    }
  }

  /** Makes an account available whose key is accepted again. */
  void keyAccepted(BackendState backend, Account account, boolean here) {
    if (account.acceptKey(here, now.getAsLong())) {
      context.runOnContext(v -> keys.keyAccepted(account.name));
      if (here) {
        deliverKey(backend, account, 0);
        news.key(account, false);
      }
    }
  }

  private void deliverKey(BackendState backend, Account account, long forMs) {
    changed();
    deliver(new Exhausted(backend.name, account.key, FailureKind.AUTHENTICATION.code(), forMs));
  }

  /** Records that a request was served with a key that had been refused. */
  void attemptSucceeded(Account account) {
    context.runOnContext(v -> keys.attemptSucceeded(account.name));
  }

  private void circuitChanged(BackendState backend, CircuitStateChange event) {
    if (!backend.isRetired()) {
      deliver(event);
      if (event.to() == CircuitState.OPEN) {
        news.opened(backend, event.circuit());
      }
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
      String node = spender(saved);
      refusedBefore = SavedState.restore(saved, backends, clock.millis(), node);
      keyBudgets.restore(saved.getJsonObject("keys", new JsonObject()), node);
    } catch (RuntimeException e) {
      state.logIgnored(e);
    }
  }

  private JsonObject toSave() {
    return SavedState.of(backends, clock.millis())
        .put("node", sharedLimits.node())
        .put("keys", keyBudgets.toJson());
  }

  /**
   * Returns the node under whose id the saved use is counted. In a cluster each start has another
   * id, so that copies of a file do no harm; a file without an id has what all nodes have used.
   *
   * @return {@code null} if this node goes on under the same id
   */
  private String spender(JsonObject saved) {
    String node = saved.getString("node");
    if (vertx.isClustered()) {
      return node == null ? "" : node;
    }
    if (node != null) {
      sharedLimits.resume(node);
    }
    return null;
  }

  /** Schedules a write of the state file. */
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
