/**
 * The HTTP server of the gateway, whatever API is served: TLS and HTTP/2, connections, keys and
 * limits, host check, request ids, request bodies and errors. A front reads its requests with
 * {@link io.llmrelay.gateway.server.RequestBody}, finds their permissions in {@link
 * io.llmrelay.gateway.server.RequestScope} and renders every {@link
 * io.llmrelay.gateway.server.GatewayError} in the format of its API.
 */
package io.llmrelay.gateway.server;
