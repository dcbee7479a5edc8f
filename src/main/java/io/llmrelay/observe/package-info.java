/**
 * What can be seen of the relay from outside: hooks, and what is fed by them.
 *
 * <p>Everything that happens is told as a {@link io.llmrelay.observe.RelayEvent}, once, to {@link
 * io.llmrelay.observe.Listeners}. The JSON on the event bus and the meters are listeners like any
 * other. There is no event per chunk.
 */
package io.llmrelay.observe;
