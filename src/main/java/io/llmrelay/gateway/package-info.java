/**
 * The HTTP gateway: {@link io.llmrelay.gateway.GatewayVerticle} is the class to deploy. This
 * package registers the routes and serves the operators' endpoints; {@code server} is the HTTP
 * server, and each API that clients may speak has a package of its own, its front.
 */
package io.llmrelay.gateway;
