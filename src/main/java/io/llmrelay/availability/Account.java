package io.llmrelay.availability;

import io.llmrelay.chat.FailureKind;

/**
 * The state of one key of a backend, which stands for an account at the provider: its cooldowns,
 * whether it is refused, its budget and its slots. Thread-safe.
 */
final class Account {
  /** How long refusals of the key at other nodes are ignored after one was refuted here. */
  static final long IGNORE_REFUSALS_MS = 600_000;

  /** Identifies the account at the provider: equal for equal base URL and key. */
  final String id;

  /** The name of the key; {@code null} for the only one of a backend. */
  final String key;

  /** {@code backend}, or {@code backend.key} for one of several keys. */
  final String name;

  final int weight;
  final Exhaustion exhaustion;

  /** The budget of the key alone; without limits for the only one of a backend. */
  final Budget budget;

  /** The open attempts with this key, and the most there may be. */
  final Slots slots;

  private volatile boolean keyWasRefused;

  /** Whether the key is unavailable because another node announced its refusal. */
  private volatile boolean refusalAdopted;

  /** Until this time refusals of the key at other nodes are ignored. */
  private volatile long ignoreRefusalsUntil = Long.MIN_VALUE;

  Account(
      String backend,
      AvailabilitySettings.Key settings,
      Exhaustion exhaustion,
      Budget budget,
      Slots slots) {
    id = settings.account();
    key = settings.name();
    name = name(backend, settings.name());
    weight = settings.weight();
    this.exhaustion = exhaustion;
    this.budget = budget;
    this.slots = slots;
  }

  static String name(String backend, String key) {
    return key == null ? backend : backend + "." + key;
  }

  /** Records a refusal of the key that this node has seen, and returns whether it is new. */
  boolean refuseKey() {
    refusalAdopted = false;
    ignoreRefusalsUntil = Long.MIN_VALUE;
    keyWasRefused = true;
    return exhaustion.refuseKey();
  }

  /**
   * Records a refusal of the key that another node has seen, and returns whether it is adopted.
   *
   * @param now the time of a monotonic clock in milliseconds
   */
  boolean adoptKeyRefusal(long now) {
    refusalAdopted = now >= ignoreRefusalsUntil && exhaustion.refuseKey();
    return refusalAdopted;
  }

  /**
   * Records that the key is accepted, and returns whether that is new. If this refutes another
   * node's announcement, such announcements are ignored for a while.
   */
  boolean acceptKey(boolean here, long now) {
    if (here && refusalAdopted) {
      ignoreRefusalsUntil = now + IGNORE_REFUSALS_MS;
    }
    refusalAdopted = false;
    return exhaustion.acceptKey();
  }

  /** Returns once, after a successful attempt, whether this node has seen a refusal before. */
  boolean clearRefusal() {
    boolean was = keyWasRefused;
    if (was) {
      keyWasRefused = false;
    }
    return was;
  }

  /** Returns why an attempt with this key may not be made now, or {@code null}. */
  Skip check(String model, Cost expected) {
    Skip skip = exhaustion.check(model);
    skip = skip != null || expected == null ? skip : budget.check(expected);
    return skip != null || slots.isFree() ? skip : slots.saturated();
  }

  /** Returns whether the key has fewer slots than there can be attempts. */
  boolean isLimited() {
    return slots.max() != Integer.MAX_VALUE;
  }

  /** Returns whether no attempt can be made with this key, whatever the model. */
  boolean unavailable() {
    return exhaustion.remaining() != 0 || budget.spent();
  }

  /** Returns whether a failure is about the server, and so about all keys of the backend. */
  static boolean concernsAll(FailureKind kind) {
    return kind == FailureKind.OVERLOADED || kind == FailureKind.SERVER_ERROR;
  }
}
