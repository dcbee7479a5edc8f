package io.llmrelay;

import io.llmrelay.chat.ChatExchange;
import io.llmrelay.chat.ChatSink;
import io.vertx.core.internal.ContextInternal;

/** The sink of the answer to a caller's request, called on the context of the client's endpoint. */
interface CallerSink extends ChatSink {
  /**
   * Sets the exchange of the request, before any other call.
   *
   * @param endpointContext the context of the endpoint, on which the exchange must be used
   * @param onOver must be called when the request is over and {@link #onCancel} has no effect; on
   *     any context, and possibly more than once
   */
  void opening(ContextInternal endpointContext, ChatExchange exchange, Runnable onOver);

  /** Cancels the request, before or after the commit point. Called on the context. */
  void onCancel();
}
