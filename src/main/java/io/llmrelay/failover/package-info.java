/**
 * Decides who serves a request: the planner orders the candidates, {@link
 * io.llmrelay.failover.Failover} is the state machine, {@code Availability} knows who should be
 * left alone (circuits, exhaustion, refused keys, budgets), and {@code Run} is the edge where the
 * machine meets the event bus and the clock.
 */
package io.llmrelay.failover;
