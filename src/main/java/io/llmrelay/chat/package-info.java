/**
 * The contract ({@link io.llmrelay.chat.ChatService}) and the vocabulary every other room speaks:
 * what is asked ({@link io.llmrelay.chat.ChatRequest}), what comes back ({@link
 * io.llmrelay.chat.ChatEvent}, {@link io.llmrelay.chat.ChatCompletion}), what it used ({@link
 * io.llmrelay.chat.TokenUsage}) and what can go wrong ({@link io.llmrelay.chat.Failure}).
 * Everything here is immutable and has one JSON form, the one that crosses the event bus.
 */
package io.llmrelay.chat;
