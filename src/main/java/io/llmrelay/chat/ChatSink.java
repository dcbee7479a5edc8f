package io.llmrelay.chat;

/**
 * Receives an answer: {@link #opened}, then blocks and their chunks, then exactly one of {@link
 * #ended} and {@link #failed}. A failure may come first; nothing comes after the terminal call.
 */
public interface ChatSink {
  /**
   * How many calls of {@link #chunks} the service may be ahead of what was consumed. What the
   * service has read already may exceed it; it reads no more then. {@link Integer#MAX_VALUE}: the
   * sink takes everything at once, and reports no consumption.
   */
  int window();

  /**
   * Starts the answer. Called again where more becomes known of it later, such as the model by the
   * provider's name.
   */
  void opened(AnswerHead head);

  /** Starts a block. Chunks of the blocks before it may still follow. */
  void block(Block block);

  /** Delivers chunks of one started block that arrived together. */
  void chunks(Chunks chunks);

  /** Completes the answer. Terminal. */
  void ended(AnswerEnd end);

  /** Ends the answer with a failure. Terminal. */
  void failed(Failure failure);
}
