/**
 * The contract of every service that answers chat requests ({@link io.llmrelay.chat.ChatService}),
 * and its data types: requests ({@link io.llmrelay.chat.ChatRequest}), answers ({@link
 * io.llmrelay.chat.ChatEvent}, {@link io.llmrelay.chat.ChatCompletion}), usage ({@link
 * io.llmrelay.chat.TokenUsage}) and failures ({@link io.llmrelay.chat.Failure}). The data types are
 * immutable and have one JSON form, which is also that of the event bus.
 */
package io.llmrelay.chat;
