/**
 * The fault wall: every scenario of the sandbox run against a real relay, with the expected
 * outcomes in one table.
 *
 * <p>{@link io.llmrelay.chaos.FaultWall} is the table. {@link io.llmrelay.chaos.Chaos} runs its
 * rows: for each one a {@code RowRunner} deploys a relay in front of the sandbox, sends a request
 * for every combination of streaming or not, with a healthy fallback or without, on the event bus
 * and to the HTTP gateway, and a healthy one after each. Outcomes are formatted in the notation of
 * the table, so that the check is a comparison of texts.
 */
package io.llmrelay.chaos;
