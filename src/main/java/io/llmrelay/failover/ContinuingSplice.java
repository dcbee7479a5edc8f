package io.llmrelay.failover;

import io.llmrelay.chat.AnswerEnd;
import io.llmrelay.chat.AnswerHead;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.Chunks;
import io.llmrelay.chat.Failure;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import java.util.HashMap;
import java.util.Map;

/**
 * Passes on the continuation of a text by a model that was given the text as the beginning of its
 * answer. The model's reasoning about how to continue is not part of the answer and is dropped,
 * with the data that come with it.
 *
 * <p>An answer that must be JSON is held to its end, and passed on only if it is.
 */
final class ContinuingSplice implements ChatSink {
  private final Buffer text;
  private final Block block;
  private int nextIndex;

  /** The most bytes held of a JSON answer; 0 for another answer. */
  private final long maxHeld;

  private final ResumeSink sink;
  private final Seam seam;
  private Buffer held = Buffer.buffer();

  /** The blocks of the continuation under the indexes that they have in the answer. */
  private final Map<Integer, Block> blocks = new HashMap<>();

  /** Whether it is clear where the continuation begins. */
  private boolean found;

  private boolean spliced;
  private boolean over;

  /**
   * @param transcript of a text that can be continued
   * @param maxHeld the most bytes held of an answer that must be JSON; 0 if it need not
   */
  ContinuingSplice(Transcript transcript, long maxHeld, ResumeSink sink) {
    text = transcript.continuable().copy();
    nextIndex = transcript.blockCount();
    block = transcript.last();
    this.maxHeld = maxHeld;
    this.sink = sink;
    seam = new Seam(text.getBytes());
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
  public void block(Block started) {
    boolean data = started.kind() == BlockKind.DATA && !started.isImages();
    if (over || started.kind() == BlockKind.REASONING || data && !spliced) {
      return;
    }
    if (started.kind() == BlockKind.TEXT && !blocks.containsValue(block)) {
      blocks.put(started.index(), block);
      return;
    }
    if (!spliced && (maxHeld > 0 || started.kind() == BlockKind.EVENT)) {
      diverge("its answer is not the continuation of a text");
      return;
    }
    if (!spliced) {
      splice(found ? Buffer.buffer() : seam.end());
    }
    Block next =
        new Block(nextIndex++, started.kind(), started.id(), started.name(), started.extra());
    blocks.put(started.index(), next);
    sink.block(next);
  }

  @Override
  public void chunks(Chunks chunks) {
    Block to = blocks.get(chunks.block().index());
    if (over) {
      return;
    }
    if (to == null) {
      sink.skipped(chunks);
    } else if (spliced) {
      sink.chunks(Chunks.of(to, chunks));
    } else if (maxHeld > 0) {
      hold(chunks);
    } else if (found) {
      splice(Buffer.buffer());
      sink.chunks(Chunks.of(to, chunks));
    } else {
      sink.skipped(chunks);
      Buffer rest = seam.add(chunks.data());
      found = rest != null;
      if (found && rest.length() > 0) {
        splice(rest);
      }
    }
  }

  private void hold(Chunks chunks) {
    sink.skipped(chunks);
    held.appendBuffer(chunks.data());
    if (held.length() > maxHeld) {
      diverge("the continuation of a JSON answer is too long");
    }
  }

  private void splice(Buffer rest) {
    spliced = true;
    sink.spliced(block, rest);
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
    if (!spliced) {
      Buffer last = found ? Buffer.buffer() : maxHeld > 0 ? seam.add(held) : null;
      Buffer rest = last == null ? seam.end() : last;
      if (maxHeld > 0 && !isJson(text.copy().appendBuffer(rest))) {
        diverge("its answer does not complete the JSON that was delivered");
        return;
      }
      splice(rest);
    }
    sink.ended(end);
  }

  private static boolean isJson(Buffer whole) {
    try {
      return Json.decodeValue(whole) != null;
    } catch (DecodeException e) {
      return false;
    }
  }

  @Override
  public void failed(Failure failure) {
    if (!over) {
      sink.failed(failure);
    }
  }
}
