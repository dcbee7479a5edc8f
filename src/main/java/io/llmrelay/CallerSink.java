package io.llmrelay;

import io.llmrelay.chat.ChatExchange;
import io.llmrelay.chat.ChatSink;
import io.vertx.core.internal.ContextInternal;

/** The sink of one caller's request, on the client's context. */
interface CallerSink extends ChatSink {
  /**
   * The request was opened.
   *
   * @param home the client's context, on which the exchange is to be used
   * @param onOver to be called when {@link #cancelled} can have no effect any more; on any context,
   *     and maybe more than once
   */
  void opening(ContextInternal home, ChatExchange exchange, Runnable onOver);

  /** The caller does not want it any more, in whichever phase it is. */
  void cancelled();
}
