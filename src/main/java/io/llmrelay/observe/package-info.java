/**
 * Observability: hooks into requests, attempts and the state of backends, for an application to
 * listen to, and their log lines and traces.
 *
 * <p>Every event is a {@link io.llmrelay.observe.RelayEvent}, delivered once to each {@link
 * io.llmrelay.observe.RelayListener}. The JSON on the event bus, the meters and the log are
 * listeners like any other. There is no event per chunk.
 */
package io.llmrelay.observe;
