/**
 * Backends. Each has a {@link io.llmrelay.provider.ProviderVerticle}, which translates stream
 * requests on the event bus into HTTP requests, and responses into frames.
 *
 * <p>A response passes through {@code Exchange}, which runs the request and its back-pressure;
 * {@code AnswerDecoder}, which detects the form of the body; an {@link
 * io.llmrelay.provider.wire.EventDecoder}, which decodes events; and the reader of a {@link
 * io.llmrelay.provider.Dialect}, which writes their content to an {@link
 * io.llmrelay.provider.Answer}. Errors are classified by {@link
 * io.llmrelay.provider.error.ErrorClassifier}.
 *
 * <p>A new dialect needs a package and an entry in {@link io.llmrelay.provider.Dialects}.
 * Deviations of an {@code openai} server are an entry in that dialect's {@code ServerTraits}, and
 * its errors are rules in {@code ErrorRules}.
 */
package io.llmrelay.provider;
