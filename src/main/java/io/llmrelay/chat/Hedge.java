package io.llmrelay.chat;

import java.time.Duration;

/**
 * When the next candidate starts beside an attempt that has sent no content: never, after a fixed
 * time, or when the attempt is slower than 95 % of the candidate's first chunks.
 *
 * @param after the fixed time; {@code null} for none
 * @param p95 whether it is the 95th percentile of what was observed
 */
public record Hedge(Duration after, boolean p95) {
  /** Never. */
  public static final Hedge OFF = new Hedge(null, false);

  /** When 95 % of the candidate's first chunks had arrived. */
  public static final Hedge P95 = new Hedge(null, true);

  /** After a fixed time. */
  public static Hedge after(Duration after) {
    return new Hedge(after, false);
  }

  /**
   * Reads {@code "off"}, {@code "p95"} or a duration.
   *
   * @throws IllegalArgumentException for anything else
   */
  public static Hedge of(Object value) {
    if ("off".equals(value) || Boolean.FALSE.equals(value)) {
      return OFF;
    }
    if ("p95".equals(value)) {
      return P95;
    }
    try {
      return after(Durations.parse(value instanceof String text ? text : ""));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("must be \"off\", \"p95\" or " + Durations.FORMAT);
    }
  }

  /** Returns whether no attempt is hedged. */
  public boolean isOff() {
    return equals(OFF);
  }

  /** Returns the form that {@link #of} reads. */
  @Override
  public String toString() {
    return p95 ? "p95" : after == null ? "off" : Durations.format(after);
  }
}
