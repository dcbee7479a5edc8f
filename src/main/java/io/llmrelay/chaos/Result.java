package io.llmrelay.chaos;

import java.util.List;

/**
 * What came of one request.
 *
 * @param row the row of the wall, and {@code dialect} the primary's
 * @param streaming whether a stream was asked for, or the whole answer
 * @param alone whether there was no fallback
 * @param door {@code client} or {@code gateway}
 * @param strict whether one failure is enough to open a circuit
 * @param outcome in the table's words
 * @param circuit the primary's afterwards
 * @param cooldown the primary's afterwards
 * @param durationMs until the terminal signal
 * @param deviations everything that was not right, in words; empty if all was
 */
public record Result(
    Row row,
    String dialect,
    boolean streaming,
    boolean alone,
    String door,
    boolean strict,
    String outcome,
    String circuit,
    String cooldown,
    long durationMs,
    List<String> deviations) {

  public boolean right() {
    return deviations.isEmpty();
  }

  /** Which request it was. */
  public String title() {
    return "%s (%s, %s, %s, %s)"
        .formatted(
            row.name(),
            dialect,
            streaming ? "stream" : "whole",
            alone ? "alone" : "with a fallback",
            strict ? door + ", one failure opens" : door);
  }

  @Override
  public String toString() {
    return title() + ": " + (right() ? outcome : String.join("; ", deviations));
  }
}
