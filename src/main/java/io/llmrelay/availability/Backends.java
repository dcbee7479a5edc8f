package io.llmrelay.availability;

import io.llmrelay.chat.CandidateName;
import io.llmrelay.observe.RelayEvent.CircuitState;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/**
 * The backends of one configuration and their state. A request ends under the configuration it
 * began with; backends that a reload leaves unchanged share their state across configurations.
 * Thread-safe.
 */
public final class Backends {
  private final Map<String, BackendState> backends;
  private final Map<String, Integer> weights;
  private final ToLongFunction<String> keyProbes;

  /**
   * @param weights the weights of consumers in slot queues, where they are not 1
   * @param keyProbes returns after how many milliseconds a refused key is probed, by the name of
   *     its account; -1 if it is not
   */
  Backends(
      Map<String, BackendState> backends,
      Map<String, Integer> weights,
      ToLongFunction<String> keyProbes) {
    this.backends = Collections.unmodifiableMap(new LinkedHashMap<>(backends));
    this.weights = weights;
    this.keyProbes = keyProbes;
  }

  Map<String, BackendState> all() {
    return backends;
  }

  /**
   * Returns why an attempt may not be made now, or {@code null}.
   *
   * @param expected the expected cost; {@code null} to ignore the budget
   */
  public Skip check(String backend, String model, Cost expected) {
    return backends.get(backend).check(model, expected);
  }

  /**
   * Returns whether an attempt may be made now with a key with which none of the request has
   * failed.
   */
  public boolean hasOtherKey(
      String backend, String model, Cost expected, KeyPreference preference) {
    BackendState state = backends.get(backend);
    return state.keys().hasOther(model, expected, preference)
        && state.check(model, expected) == null;
  }

  /**
   * Returns a permit for one attempt, or the reason against it.
   *
   * @param expected the expected cost; {@code null} to ignore the budget
   * @param waited whether the request has waited for the end of the candidate's cooldown
   * @param preference what the request prefers among the backend's keys
   * @param queue the request's place in the slot queues, or {@code null} if it has none
   */
  public Entry enter(
      String backend,
      String model,
      Cost expected,
      boolean waited,
      KeyPreference preference,
      SlotQueue queue) {
    return backends.get(backend).enter(model, expected, waited, preference, queue);
  }

  /** Returns the open requests of a backend, over all lanes. */
  public int open(String backend) {
    return backends.get(backend).slots.inUse();
  }

  /**
   * Returns the usual milliseconds to the first chunk of a model, as observed of late; NaN if
   * unknown.
   */
  public double firstChunkMs(String backend, String model) {
    Latency latency = backends.get(backend).latency(model);
    return latency == null ? Double.NaN : latency.ms();
  }

  /**
   * Returns whether a request should try a model that was not observed for a while; {@code true} to
   * one request only from time to time.
   */
  public boolean explore(String backend, String model) {
    BackendState state = backends.get(backend);
    Latency latency = state.latency(model);
    return latency != null && latency.explore(state.now());
  }

  /**
   * Returns the name of the key that a request to a backend would use; {@code null} if the backend
   * has no more than one.
   */
  public String key(String backend, String model) {
    Keys keys = backends.get(backend).keys();
    int chosen = keys.choose(model, null, false, new KeyPreference(0), 0);
    return keys.get(Math.max(0, chosen)).key;
  }

  /**
   * Queues for a slot of any of these backends, or of any of their keys that lack only that.
   *
   * @param models the models to ask by the names of the backends
   * @param maxWaitMs how long the request can wait
   * @param granted called with the name of each backend whose slot was granted, on any thread,
   *     possibly before this method returns
   * @return without a place if the queues are full, or too slow for the request
   */
  public SlotQueue queue(
      Map<String, String> models, Share share, long maxWaitMs, Consumer<String> granted) {
    SlotQueue queue = new SlotQueue();
    int weight = weights.getOrDefault(share.consumer(), 1);
    models.forEach(
        (name, model) ->
            backends
                .get(name)
                .lacking(model)
                .forEach(
                    slots ->
                        queue.add(slots, share, weight, maxWaitMs, () -> granted.accept(name))));
    return queue;
  }

  /**
   * The health of a backend.
   *
   * @param unavailable whether the backend serves no request: its circuit is open, it is in a
   *     cooldown, its key is refused, it is disabled, or a budget of a day or longer is used up
   * @param impaired whether it is unavailable, or unavailable for some models, or any of its
   *     budgets is used up
   * @param details {@code {"circuit", "exhausted", "key", "key_probe_in_ms", "disabled", "budget",
   *     "keys", "connections"}}; {@code keys} only of a backend with several, or with one that has
   *     a limit of connections
   */
  public record Health(boolean unavailable, boolean impaired, JsonObject details) {}

  /** Returns the current health of a backend. */
  public Health health(String name) {
    BackendState backend = backends.get(name);
    Map<String, CircuitState> circuits = backend.circuitStates();
    JsonObject circuit = new JsonObject();
    circuits.forEach((key, state) -> circuit.put(key, state.code()));
    Keys keys = backend.keys();
    JsonObject exhausted = exhausted(name, keys.all());
    boolean unavailable =
        backend.isDisabled()
            || circuits.get(name) == CircuitState.OPEN
            || keys.all().stream().allMatch(Account::unavailable)
            || backend.budget.spent();
    boolean impaired =
        unavailable
            || keys.all().stream().anyMatch(Backends::isImpaired)
            || circuits.containsValue(CircuitState.OPEN)
            || backend.budget.isAnyLimitUsed();
    JsonObject details = new JsonObject().put("circuit", circuit).put("exhausted", exhausted);
    if (keys.all().stream().allMatch(key -> key.exhaustion.keyRefused())) {
      details.put("key", "refused");
      keys.all().stream()
          .mapToLong(key -> keyProbes.applyAsLong(key.name))
          .filter(ms -> ms >= 0)
          .min()
          .ifPresent(ms -> details.put("key_probe_in_ms", ms));
    }
    if (keys.size() > 1 || keys.get(0).isLimited()) {
      details.put("keys", health(name, keys));
    }
    if (backend.isDisabled()) {
      details.put("disabled", true);
    }
    if (backend.budget.isLimited()) {
      details.put("budget", backend.budget.report());
    }
    details.put(
        "connections",
        new JsonObject()
            .put("in_use", backend.slots.inUse())
            .put("max", backend.slots.max())
            .put("waiting", backend.slots.waiting()));
    return new Health(unavailable, impaired, details);
  }

  private static boolean isImpaired(Account account) {
    return account.unavailable()
        || !account.exhaustion.remainingByModel().isEmpty()
        || account.budget.isAnyLimitUsed();
  }

  /** Adds when a refused key is probed. */
  private void putKeyProbe(Account account, JsonObject to) {
    long inMs = keyProbes.applyAsLong(account.name);
    if (inMs >= 0) {
      to.put("key_probe_in_ms", inMs);
    }
  }

  /** Returns the remaining cooldowns of what no key can be used for now. */
  private static JsonObject exhausted(String backend, List<Account> keys) {
    JsonObject exhausted = new JsonObject();
    long remaining = 0;
    for (Account account : keys) {
      long ofKey = account.exhaustion.remaining();
      if (ofKey == 0) {
        remaining = 0;
        break;
      }
      remaining = remaining <= 0 || (ofKey > 0 && ofKey < remaining) ? ofKey : remaining;
    }
    if (remaining != 0) {
      exhausted.put(backend, remaining);
    }
    Map<String, Long> byModel = new TreeMap<>(keys.get(0).exhaustion.remainingByModel());
    for (Account account : keys) {
      Map<String, Long> ofKey = account.exhaustion.remainingByModel();
      byModel.keySet().retainAll(ofKey.keySet());
      byModel.replaceAll((model, ms) -> Math.min(ms, ofKey.get(model)));
    }
    byModel.forEach((model, ms) -> exhausted.put(new CandidateName(backend, model).toString(), ms));
    return exhausted;
  }

  private JsonObject health(String backend, Keys keys) {
    JsonObject health = new JsonObject();
    for (Account account : keys) {
      JsonObject key =
          new JsonObject()
              .put("available", !account.unavailable())
              .put("exhausted", exhausted(backend, List.of(account)));
      if (account.exhaustion.keyRefused()) {
        key.put("key", "refused");
        putKeyProbe(account, key);
      }
      if (account.budget.isLimited()) {
        key.put("budget", account.budget.report());
      }
      key.put("in_use", account.slots.inUse());
      if (account.isLimited()) {
        key.put("max", account.slots.max()).put("waiting", account.slots.waiting());
      }
      health.put(account.key, key);
    }
    return health;
  }

  /**
   * Returns for how many milliseconds no attempt at a backend has shown whether it works; {@link
   * Long#MAX_VALUE} if none ever has.
   */
  public long restMs(String name) {
    return backends.get(name).restMs();
  }

  /** Returns whether there is a backend with this name. */
  public boolean has(String name) {
    return backends.containsKey(name);
  }

  /**
   * Returns what an operator wants to know of a backend: {@code {"available", "disabled",
   * "circuits": [{"name", "state", "half_open_in_ms"}], "cooldowns": [{"candidate", "reason",
   * "for_ms", "key", "key_probe_in_ms"}], "budget", "keys", "connections"}}. A refused key is a
   * cooldown without an end ({@code "for_ms": -1}).
   */
  public JsonObject status(String name) {
    BackendState backend = backends.get(name);
    Health health = health(name);
    JsonArray circuits = new JsonArray();
    backend
        .circuits()
        .forEach(
            (circuit, each) ->
                circuits.add(
                    new JsonObject()
                        .put("name", circuit)
                        .put("state", each.state().code())
                        .put("half_open_in_ms", each.halfOpenInMs())));
    JsonArray cooldowns = new JsonArray();
    backend.keys().forEach(account -> addCooldowns(name, account, cooldowns));
    return new JsonObject()
        .put("available", !health.unavailable())
        .put("disabled", backend.isDisabled())
        .put("circuits", circuits)
        .put("cooldowns", cooldowns)
        .put("budget", health.details().getJsonObject("budget"))
        .put("keys", health.details().getJsonObject("keys"))
        .put("connections", health.details().getJsonObject("connections"));
  }

  private void addCooldowns(String backend, Account account, JsonArray cooldowns) {
    Map<String, Long> remaining = account.exhaustion.remainingByModel();
    account
        .exhaustion
        .reasons()
        .forEach(
            (model, reason) -> {
              boolean all = model.isEmpty();
              JsonObject cooldown =
                  new JsonObject()
                      .put("candidate", new CandidateName(backend, all ? null : model).toString())
                      .put("reason", reason)
                      .put(
                          "for_ms",
                          all ? account.exhaustion.remaining() : remaining.getOrDefault(model, 0L));
              if (account.key != null) {
                cooldown.put("key", account.key);
              }
              if (cooldown.getLong("for_ms") < 0) {
                putKeyProbe(account, cooldown);
              }
              cooldowns.add(cooldown);
            });
  }
}
