package io.llmrelay.gateway.front;

/**
 * A name that a request's {@code model} may have.
 *
 * @param id the name
 * @param owner the first backend that has the model; {@code relay} for an alias
 * @param created seconds since 1970 at which the gateway has started
 */
public record ModelName(String id, String owner, long created) {}
