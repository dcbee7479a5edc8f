package io.llmrelay.failover;

import io.llmrelay.chat.Block;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.Chunks;
import io.vertx.core.buffer.Buffer;

/**
 * The sink of an attempt that is to resume an answer. Its output is {@linkplain #skipped skipped}
 * until it is {@linkplain #spliced spliced}; from then on it is delivered.
 */
interface ResumeSink extends ChatSink {
  /** Reports chunks that are not delivered, or not yet. */
  void skipped(Chunks chunks);

  /**
   * Reports that the attempt continues what was delivered.
   *
   * @param block the delivered block in which it does
   * @param rest what was skipped and is to be delivered; empty if nothing is
   */
  void spliced(Block block, Buffer rest);

  /** Reports that the attempt does not continue what was delivered; nothing follows. */
  void diverged(String message);
}
