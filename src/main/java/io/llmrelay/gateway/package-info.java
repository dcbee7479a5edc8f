/**
 * The HTTP front of the runnable jar: OpenAI's chat-completions API, health and metrics. A consumer
 * of the front door like any other; {@link io.llmrelay.gateway.GatewayVerticle} is all there is to
 * deploy.
 */
package io.llmrelay.gateway;
