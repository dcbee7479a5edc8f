package io.llmrelay.chaos;

import java.util.List;

/**
 * The outcome of one request.
 *
 * @param row the row of the wall
 * @param dialect the dialect of the primary
 * @param streaming whether a stream was requested rather than a whole answer
 * @param alone whether there was no fallback
 * @param client {@code bus} or {@code gateway}
 * @param strict whether one failure opens a circuit
 * @param outcome in the notation of the table
 * @param circuit the state of the primary's circuit afterwards
 * @param cooldown the cooldown of the primary afterwards
 * @param durationMs the time until the terminal signal
 * @param deviations descriptions of everything that differs from the table; empty if nothing does
 */
public record Result(
    Row row,
    String dialect,
    boolean streaming,
    boolean alone,
    String client,
    boolean strict,
    String outcome,
    String circuit,
    String cooldown,
    long durationMs,
    List<String> deviations) {

  /** Returns whether there are no deviations. */
  public boolean right() {
    return deviations.isEmpty();
  }

  /** Returns a description of the request. */
  public String title() {
    return "%s (%s, %s, %s, %s)"
        .formatted(
            row.name(),
            dialect,
            streaming ? "stream" : "whole",
            alone ? "alone" : "with a fallback",
            strict ? client + ", one failure opens" : client);
  }

  @Override
  public String toString() {
    return title() + ": " + (right() ? outcome : String.join("; ", deviations));
  }
}
