package io.llmrelay.chat;

import io.vertx.core.buffer.Buffer;

/** What a stream consists of: chunks, and after them one end. A failed stream has no end event. */
public sealed interface ChatEvent {

  /**
   * A piece of the answer.
   *
   * @param kind what it is a piece of
   * @param data UTF-8 text, never cut within a character, never empty
   */
  record Chunk(ChunkKind kind, Buffer data) implements ChatEvent {
    @Override
    public String toString() {
      return "Chunk[" + kind.code() + ", " + data.length() + " bytes]";
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
