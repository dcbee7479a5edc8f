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
 * An answer as it comes: the UTF-8 text, never cut within a character.
 *
 * <p>A {@link ReadStream} in every respect: flowing at first (from the moment a handler is set),
 * with {@code pause}, {@code fetch} and {@code resume} that reach back to the backend's socket; one
 * terminal signal, {@code endHandler} or {@code exceptionHandler}; all calls on the context that
 * asked for it. {@code handler(null)} before the end cancels, so that a {@code pipeTo} whose
 * destination goes away does the right thing.
 *
 * <p>A failure in mid-stream is an {@link io.llmrelay.chat.LlmException} whose failure tells the
 * kind, what was delivered, the usage so far and whether trying again makes sense. Nothing is
 * retried by then.
 */
public interface LlmStream extends ReadStream<Buffer> {
  /** The request's id, as hooks, logs and the gateway's {@code x-request-id} header have it. */
  String id();

  /** The backend that serves it. */
  String backend();

  /** The model that serves it, by the provider's name for it where the answer has one. */
  String model();

  /**
   * What the caller should know: a wish that was cut to the operator's limit, what of the request
   * the model does not take, its coming end; several are separated by {@code "; "}. {@code null} if
   * nothing.
   */
  String warning();

  /** Attempts and skipped candidates so far; complete at the end. */
  List<Attempt> trail();

  /** Why the answer ended; {@code null} before the end. */
  FinishReason finishReason();

  /** Its tokens; {@link TokenUsage#NONE} before the end. */
  TokenUsage usage();

  /**
   * What it cost in US dollars; {@code null} before the end or where price or usage are unknown.
   */
  Double costUsd();

  /**
   * The same stream as typed events: the blocks of the answer, their chunks, and an {@link
   * ChatEvent.End} before the end signal. Use either this or the text, not both.
   */
  ReadStream<ChatEvent> events();

  /** Ends the stream and the backend's work at once. No callback comes after it. */
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
