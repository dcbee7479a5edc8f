package io.llmrelay;

import io.llmrelay.chat.ChatExchange;
import io.llmrelay.chat.ChatSink;
import io.vertx.core.internal.ContextInternal;

/** Receives the answer to one request of a caller, on the context of the client's endpoint. */
interface CallerSink extends ChatSink {
  /**
   * Called first, when the request is sent.
   *
   * @param home the context of the endpoint, on which the exchange must be used
   * @param onOver must be called when {@link #onCancel} has no effect any more; on any context, and
   *     possibly more than once
   */
  void opening(ContextInternal home, ChatExchange exchange, Runnable onOver);

  /** Called on the context when the caller cancels, in whichever phase the request is. */
  void onCancel();
}
