package io.llmrelay.chat;

/**
 * Receives an answer: {@link #opened}, then blocks and their chunks, then exactly one of {@link
 * #ended} and {@link #failed}. A failure may come first; nothing comes after the terminal call.
 */
public interface ChatSink {
  /**
   * Returns the window: the number of calls of {@link #chunks} that the service may be ahead of the
   * consumer. The service stops reading when it is reached, but still delivers what it has read. If
   * it is {@link Integer#MAX_VALUE}, there is no limit, and consumption is not reported.
   */
  int window();

  /**
   * Starts the answer. Called again when more becomes known, such as the provider's name of the
   * model.
   */
  void opened(AnswerHead head);

  /**
   * Starts a block. Blocks of content follow one after the other: chunks of an earlier block may
   * still follow only if it has data or events, or if the events of the backend are passed on.
   */
  void block(Block block);

  /** Delivers chunks of one block that arrived together; the block has started. */
  void chunks(Chunks chunks);

  /** Completes the answer. Terminal. */
  void ended(AnswerEnd end);

  /** Ends the answer with a failure. Terminal. */
  void failed(Failure failure);
}
