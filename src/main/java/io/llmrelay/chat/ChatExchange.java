package io.llmrelay.chat;

/**
 * The consumer's hold on an open exchange. Both methods may be called from within the sink, never
 * call it themselves, and do nothing once the exchange is over.
 */
public interface ChatExchange {
  /**
   * Reports consumption, which lets the service go on: it pauses where it is {@link
   * ChatSink#window} calls of {@link ChatSink#chunks} ahead of what was consumed.
   *
   * @param calls how many more calls of {@link ChatSink#chunks} have been consumed
   */
  void consumed(int calls);

  /**
   * Ends the exchange: the service aborts its work, and does not call the sink again.
   *
   * @param reason for the failure that hooks and logs see
   */
  void cancel(String reason);
}
