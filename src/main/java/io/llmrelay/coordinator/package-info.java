/**
 * Decides who serves a request: the planner orders the candidates, {@link
 * io.llmrelay.coordinator.Failover} is the state machine, {@code Circuits} and {@code Exhaustion}
 * know who should be left alone, and {@code Run} is the edge where the machine meets the event bus
 * and the clock.
 */
package io.llmrelay.coordinator;
