/**
 * The fault wall: every scenario of the sandbox played against a real relay, with the right outcome
 * of each in one table.
 *
 * <p>{@link io.llmrelay.chaos.FaultWall} is the table. {@link io.llmrelay.chaos.Chaos} plays its
 * rows: for each one a {@code Scene} deploys a relay in front of the sandbox, sends a request for
 * every combination of streaming or not, with a healthy fallback or without, through the client and
 * through the HTTP gateway, and a healthy one after each. What the consumer saw is told in the
 * table's own words, so that a comparison of two texts is the check.
 */
package io.llmrelay.chaos;
