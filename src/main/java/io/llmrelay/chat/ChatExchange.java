package io.llmrelay.chat;

/**
 * The consumer's handle of an open exchange. Both methods may be called from within the sink, never
 * call the sink themselves, and do nothing once the exchange has ended.
 */
public interface ChatExchange {
  /**
   * Reports consumption for flow control: the service pauses when it is {@link ChatSink#window}
   * calls of {@link ChatSink#chunks} ahead of the consumer.
   *
   * @param calls the number of calls of {@link ChatSink#chunks} consumed since the last report
   */
  void consumed(int calls);

  /**
   * Cancels the exchange: the service aborts its work and does not call the sink again.
   *
   * @param reason the message of the failure that hooks and logs receive
   */
  void cancel(String reason);
}
