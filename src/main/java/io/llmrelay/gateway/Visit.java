package io.llmrelay.gateway;

import io.vertx.ext.web.RoutingContext;

/** One request, from its head to the end of its answer, and what it takes up meanwhile. */
final class Visit {
  private static final String KEY = "visit";

  private final Connections.Watch watch;
  private final Allowance allowance;
  private final Bound bodies;
  private long held;
  private boolean over;

  private Visit(Connections.Watch watch, Allowance allowance, Bound bodies) {
    this.watch = watch;
    this.allowance = allowance;
    this.bodies = bodies;
  }

  /**
   * A request has come in.
   *
   * @param watch of its connection, may be {@code null}
   * @param allowance of its key, {@code null} where it needed none
   */
  static Visit begin(
      RoutingContext ctx, Connections.Watch watch, Allowance allowance, Bound bodies) {
    Visit visit = new Visit(watch, allowance, bodies);
    ctx.put(KEY, visit);
    return visit;
  }

  static Visit of(RoutingContext ctx) {
    return ctx.get(KEY);
  }

  /** The name of the key that it came in with, {@code null} where it needed none. */
  String consumer() {
    return allowance == null ? null : allowance.name();
  }

  /** Whether it may override this field of {@code relay}: where it needed no key, any. */
  boolean mayOverride(String field) {
    return allowance == null || allowance.mayOverride(field);
  }

  /** Whether its client copes with comments in a stream. */
  boolean heartbeat() {
    return allowance == null || allowance.heartbeat();
  }

  /** Takes room for so many bytes of its body, until it is over; {@code false}: there is none. */
  boolean hold(long bytes) {
    if (over) {
      return true; // Nobody keeps them.
    }
    boolean room = bodies.add(bytes);
    held += room ? bytes : 0;
    return room;
  }

  /** Gives everything back, once. */
  void end() {
    if (over) {
      return;
    }
    over = true;
    bodies.remove(held);
    if (watch != null) {
      watch.served();
    }
    if (allowance != null) {
      allowance.leave();
    }
  }
}
