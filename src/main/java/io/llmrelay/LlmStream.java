package io.llmrelay;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.ChatEvent;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.util.List;

/**
 * A streamed answer: its text in UTF-8, never split within a character.
 *
 * <p>It is a {@link ReadStream} that flows as soon as a handler is set. {@code pause}, {@code
 * fetch} and {@code resume} apply back-pressure up to the backend's socket. There is one terminal
 * signal: {@code endHandler} or {@code exceptionHandler}. All handlers are called on the context
 * that requested the stream. {@code handler(null)} before the end cancels, so that the request ends
 * when the destination of a {@code pipeTo} fails.
 *
 * <p>A failure after the commit point is an {@link io.llmrelay.chat.LlmException}. Its failure
 * states the kind, what was delivered, the usage so far and whether a new request makes sense; the
 * relay itself does not retry it.
 */
public interface LlmStream extends ReadStream<Buffer> {
  /** Returns the id of the request, as in hooks, logs and the header {@code x-request-id}. */
  String id();

  /** Returns the name of the backend that serves the request. */
  String backend();

  /** Returns the model that serves the request, as the provider names it in its answer. */
  String model();

  /**
   * Returns the warnings, separated by {@code "; "}: settings that were reduced to the operator's
   * limit or that the model does not support, and a model's announced shutdown. {@code null} if
   * none.
   */
  String warning();

  /** Returns the attempts and skipped candidates so far; complete at the end. */
  List<Attempt> trail();

  /** Returns why the answer ended; {@code null} before the end. */
  FinishReason finishReason();

  /** Returns the tokens used; {@link TokenUsage#NONE} before the end. */
  TokenUsage usage();

  /**
   * Returns the cost in US dollars; {@code null} before the end or if price or usage are unknown.
   */
  Double costUsd();

  /**
   * Returns the same stream as events: the blocks of the answer, their chunks, and a {@link
   * ChatEvent.End} before the end signal. A stream is read either as events or as text.
   */
  ReadStream<ChatEvent> events();

  /** Cancels the stream and aborts the backend's request. No handler is called afterwards. */
  void cancel();

  @Override
  LlmStream exceptionHandler(Handler<Throwable> handler);

  @Override
  LlmStream handler(Handler<Buffer> handler);

  @Override
  LlmStream pause();

  @Override
  LlmStream resume();

  @Override
  LlmStream fetch(long amount);

  @Override
  LlmStream endHandler(Handler<Void> handler);
}
