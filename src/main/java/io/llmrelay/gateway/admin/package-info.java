/**
 * What operators see and do: the state of the relay, actions on its backends, and the status page.
 *
 * <p>{@code GET /admin/status}, {@code GET /admin/events} (the same as server-sent events), {@code
 * POST /admin/backends/{name}/{action}}, {@code POST /admin/reload}, {@code POST
 * /admin/playground}, and {@code GET /}.
 */
package io.llmrelay.gateway.admin;
