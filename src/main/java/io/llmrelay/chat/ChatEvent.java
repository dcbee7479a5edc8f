package io.llmrelay.chat;

import io.vertx.core.buffer.Buffer;

/**
 * An event of a stream: starts of blocks, their chunks, and finally one end. A failed stream has no
 * end event.
 */
public sealed interface ChatEvent {

  /**
   * The start of a block. Blocks of content follow one after the other: chunks of an earlier block
   * may still follow only if it has data or events, or if the events of the backend are passed on.
   *
   * @param block the block, without content
   */
  record BlockStart(Block block) implements ChatEvent {}

  /**
   * A piece of the content of a block.
   *
   * @param block the block it belongs to
   * @param data UTF-8 text, never empty and never split within a character
   */
  record Chunk(Block block, Buffer data) implements ChatEvent {
    /** Returns the kind of the block. */
    public BlockKind kind() {
      return block.kind();
    }

    @Override
    public String toString() {
      return "Chunk[" + kind().code() + ", " + data.length() + " bytes]";
    }
  }

  /**
   * The answer had broken off and continues here, from another attempt.
   *
   * @param backend the backend that continues it
   * @param model its model
   * @param deliveredBytes the bytes of the answer before
   */
  record Resumed(String backend, String model, long deliveredBytes) implements ChatEvent {}

  /**
   * The end of a complete answer.
   *
   * @param finishReason why it ended
   * @param usage its tokens
   * @param costUsd its cost in US dollars; {@code null} if price or usage is unknown
   */
  record End(FinishReason finishReason, TokenUsage usage, Double costUsd) implements ChatEvent {}
}
