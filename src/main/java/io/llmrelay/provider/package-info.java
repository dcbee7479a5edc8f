/**
 * Backends: one {@link io.llmrelay.provider.ProviderVerticle} for each turns stream requests on the
 * event bus into HTTP requests, and what comes back into frames.
 *
 * <p>The way of an answer: {@code Exchange} runs the request and its back-pressure; {@code
 * AnswerDecoder} sees what the body is; an {@link io.llmrelay.provider.EventDecoder} cuts it into
 * events; a {@link io.llmrelay.provider.Dialect}'s reader tells {@link io.llmrelay.provider.Answer}
 * what is in them. Whatever reports an error goes through {@code ErrorClassifier}.
 *
 * <p>A new dialect is a package of its own and a line in {@link io.llmrelay.provider.Dialects}. A
 * server of the {@code openai} dialect with its own ways is a line in that dialect's {@code
 * ServerTraits}, and its errors are rows in {@code ErrorRules}.
 */
package io.llmrelay.provider;
