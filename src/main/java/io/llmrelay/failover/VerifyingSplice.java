package io.llmrelay.failover;

import io.llmrelay.chat.AnswerEnd;
import io.llmrelay.chat.AnswerHead;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.Chunks;
import io.llmrelay.chat.Failure;
import io.vertx.core.buffer.Buffer;

/**
 * Passes on what the answer to the same request has beyond the one that broke off, once it has
 * reproduced, byte for byte, what was delivered of that.
 */
final class VerifyingSplice implements ChatSink {
  private final Transcript transcript;
  private final Transcript.Comparison comparison;
  private final ResumeSink sink;

  /** The blocks that were delivered: a tool call keeps the id under which the consumer knows it. */
  private final int known;

  private boolean spliced;
  private boolean over;

  VerifyingSplice(Transcript transcript, ResumeSink sink) {
    this.transcript = transcript;
    this.sink = sink;
    comparison = transcript.compare();
    known = transcript.blockCount();
  }

  @Override
  public int window() {
    return sink.window();
  }

  @Override
  public void opened(AnswerHead head) {
    sink.opened(head);
  }

  @Override
  public void block(Block block) {
    if (spliced) {
      sink.block(block);
    } else if (!over) {
      comparison.block(block);
      decide(block, Buffer.buffer());
    }
  }

  @Override
  public void chunks(Chunks chunks) {
    if (spliced) {
      sink.chunks(Chunks.of(delivered(chunks.block()), chunks));
    } else if (!over) {
      sink.skipped(chunks);
      int repeated = comparison.chunks(chunks);
      Buffer data = chunks.data();
      decide(chunks.block(), data.slice(repeated, data.length()));
    }
  }

  private void decide(Block block, Buffer rest) {
    if (comparison.different()) {
      diverge("its answer is another one than what was delivered");
    } else if (comparison.complete()) {
      spliced = true;
      sink.spliced(delivered(block), rest);
    }
  }

  private void diverge(String message) {
    over = true;
    sink.diverged(message);
  }

  private Block delivered(Block block) {
    return block.index() < known ? transcript.delivered(block.index()) : block;
  }

  @Override
  public void ended(AnswerEnd end) {
    if (spliced) {
      sink.ended(end);
    } else if (!over) {
      diverge("its answer is shorter than what was delivered");
    }
  }

  @Override
  public void failed(Failure failure) {
    if (!over) {
      sink.failed(failure);
    }
  }
}
