package io.llmrelay.chat;

import io.vertx.core.buffer.Buffer;

/**
 * What a stream consists of: blocks, the chunks of each, and after them one end. A failed stream
 * has no end event.
 */
public sealed interface ChatEvent {

  /**
   * A block starts. Chunks of the blocks before it may still follow.
   *
   * @param block what it is
   */
  record BlockStart(Block block) implements ChatEvent {}

  /**
   * A piece of a block.
   *
   * @param block the block it is a piece of
   * @param data UTF-8 text, never cut within a character, never empty
   */
  record Chunk(Block block, Buffer data) implements ChatEvent {
    /** The kind of the block. */
    public BlockKind kind() {
      return block.kind();
    }

    @Override
    public String toString() {
      return "Chunk[" + kind().code() + ", " + data.length() + " bytes]";
    }
  }

  /**
   * The answer is complete.
   *
   * @param finishReason why it ended
   * @param usage its tokens
   * @param costUsd what it cost in US dollars, {@code null} where price or usage are unknown
   */
  record End(FinishReason finishReason, TokenUsage usage, Double costUsd) implements ChatEvent {}
}
