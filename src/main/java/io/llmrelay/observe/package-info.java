/**
 * Observability: hooks, metrics, and events on the event bus.
 *
 * <p>Every event is a {@link io.llmrelay.observe.RelayEvent}, delivered once to {@link
 * io.llmrelay.observe.Listeners}. The JSON on the event bus and the meters are listeners like any
 * other. There is no event per chunk.
 */
package io.llmrelay.observe;
