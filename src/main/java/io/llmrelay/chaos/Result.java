package io.llmrelay.chaos;

import java.util.List;

/**
 * What came of one request.
 *
 * @param row the row of the wall, and {@code dialect} the primary's
 * @param streaming whether a stream was asked for, or the whole answer
 * @param alone whether there was no fallback
 * @param door {@code client} or {@code gateway}
 * @param outcome in the table's words
 * @param durationMs until the terminal signal
 * @param deviations everything that was not right, in words; empty if all was
 */
public record Result(
    Row row,
    String dialect,
    boolean streaming,
    boolean alone,
    String door,
    String outcome,
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
            door);
  }

  @Override
  public String toString() {
    return title() + ": " + (right() ? outcome : String.join("; ", deviations));
  }
}
