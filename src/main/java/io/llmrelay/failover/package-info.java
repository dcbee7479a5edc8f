/**
 * Failover: the planner orders the candidates of a request, {@link io.llmrelay.failover.Failover}
 * is the state machine that tries them, and {@code Run} connects the state machine with the event
 * bus and the clock. {@code Availability} decides which candidates may be tried now.
 */
package io.llmrelay.failover;
