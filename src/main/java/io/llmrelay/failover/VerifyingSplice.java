package io.llmrelay.failover;

import io.llmrelay.chat.AnswerEnd;
import io.llmrelay.chat.AnswerHead;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.Chunks;
import io.llmrelay.chat.Failure;
import io.vertx.core.buffer.Buffer;
import java.util.List;

/**
 * Passes on what the answer to the same request has beyond the one that broke off, once it has
 * reproduced, byte for byte, what was delivered of that. An answer that breaks off itself right
 * after the repetition has added nothing, and is not spliced.
 */
final class VerifyingSplice implements ChatSink {
  private final Transcript.Comparison comparison;
  private final ResumeSink sink;

  /** The blocks that were delivered: a tool call keeps the id under which the consumer knows it. */
  private final List<Block> known;

  /** By how much the indexes of further blocks differ: events were blocks as well. */
  private final int shift;

  /** The block in which the repetition was complete; {@code null} before. */
  private Block reproduced;

  private boolean spliced;
  private boolean over;

  VerifyingSplice(Transcript transcript, ResumeSink sink) {
    this.sink = sink;
    comparison = transcript.compare();
    known = transcript.blocks();
    shift = transcript.blockCount() - known.size();
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
    if (over) {
      return;
    }
    if (reproduced != null) {
      splice(Buffer.buffer());
      sink.block(delivered(block));
    } else {
      comparison.block(block);
      decide(block, Buffer.buffer());
    }
  }

  @Override
  public void chunks(Chunks chunks) {
    if (over) {
      return;
    }
    if (reproduced != null) {
      splice(Buffer.buffer());
      sink.chunks(Chunks.of(delivered(chunks.block()), chunks));
    } else {
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
      reproduced = delivered(block);
      if (rest.length() > 0) {
        splice(rest);
      }
    }
  }

  /** Returns the delivered block, or a further one under an index that is free. */
  private Block delivered(Block block) {
    int index = block.index();
    if (index < known.size()) {
      return known.get(index);
    }
    return shift == 0
        ? block
        : new Block(index + shift, block.kind(), block.id(), block.name(), block.extra());
  }

  private void splice(Buffer rest) {
    if (!spliced) {
      spliced = true;
      sink.spliced(reproduced, rest);
    }
  }

  private void diverge(String message) {
    over = true;
    sink.diverged(message);
  }

  @Override
  public void ended(AnswerEnd end) {
    if (over) {
      return;
    }
    if (reproduced == null) {
      diverge("its answer is shorter than what was delivered");
      return;
    }
    splice(Buffer.buffer());
    sink.ended(end);
  }

  @Override
  public void failed(Failure failure) {
    if (!over) {
      sink.failed(failure);
    }
  }
}
