package io.llmrelay.failover;

import io.llmrelay.availability.ResumeMemory.Reservation;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.Chunks;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What was delivered of an answer, in a form that another answer can be compared with.
 *
 * <p>The answer is one sequence of bytes: the content of its blocks as it was delivered and,
 * between bytes that UTF-8 does not have, the start of each block and each return to an earlier
 * one. Ids of tool calls are left out, since every answer has others. Of this sequence only the
 * digest of each full segment is kept, and the bytes of the last one. The text itself is kept if an
 * answer is to be continued.
 *
 * <p>Events of a provider that only frame content are left out, since another answer comes without
 * them: blocks of a kind that nothing but such events separates are one block.
 *
 * <p>Beyond its limit, or without memory, a transcript keeps nothing, and the answer cannot be
 * resumed.
 */
final class Transcript {
  static final int SEGMENT = 1024;

  /** The bytes that a block, or a return to one, counts for in addition to its content. */
  private static final int BLOCK_BYTES = 64;

  private static final byte START = (byte) 0xFF;
  private static final byte RETURN = (byte) 0xFE;

  private static final int DIGEST_BYTES = 32;

  private final long maxBytes;
  private final boolean keepsText;
  private final Reservation memory;
  private final Runnable onDiscarded;
  private final MessageDigest sha256 = sha256();
  private final List<byte[]> digests = new ArrayList<>();
  private byte[] tail = new byte[SEGMENT];
  private int tailLength;
  private long counted;

  /** The delivered blocks but those of events; of several that are one, the last. */
  private final List<Block> blocks = new ArrayList<>();

  /** The number of delivered blocks, those of events included. */
  private int delivered;

  private Block current;
  private Buffer text = Buffer.buffer();
  private boolean discarded;

  /**
   * @param maxBytes the longest answer that can be resumed
   * @param keepsText whether it may be continued
   * @param memory what it takes, which it releases when it is discarded
   * @param onDiscarded called when it is discarded
   */
  Transcript(long maxBytes, boolean keepsText, Reservation memory, Runnable onDiscarded) {
    this.maxBytes = maxBytes;
    this.keepsText = keepsText;
    this.memory = memory;
    this.onDiscarded = onDiscarded;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // Every Java platform has SHA-256.
    }
  }

  /** Releases what is kept: the answer is not going to be resumed. */
  void discard() {
    if (!discarded) {
      discarded = true;
      digests.clear();
      blocks.clear();
      tail = null;
      text = null;
      memory.release();
      onDiscarded.run();
    }
  }

  /** Returns whether an answer can be compared with it. */
  boolean usable() {
    return !discarded && !blocks.isEmpty();
  }

  /** Records the start of a block. */
  void block(Block block) {
    if (discarded) {
      return;
    }
    // Other events have ids or content of their answer, and blocks out of order have no index.
    if (block.kind() == BlockKind.EVENT && !block.isFrame() || block.index() != delivered) {
      discard();
      return;
    }
    delivered++;
    if (block.kind() == BlockKind.EVENT) {
      append(Buffer.buffer(), BLOCK_BYTES);
      return;
    }
    current = block;
    int last = blocks.size() - 1;
    if (last >= 0 && delivered - 1 > blocks.get(last).index() + 1 && isSameText(block, last)) {
      blocks.set(last, block);
      append(Buffer.buffer(), BLOCK_BYTES);
      return;
    }
    blocks.add(block);
    append(Buffer.buffer(start(blocks.size() - 1, block)), BLOCK_BYTES);
  }

  private boolean isSameText(Block block, int last) {
    BlockKind kind = block.kind();
    return kind == blocks.get(last).kind()
        && (kind == BlockKind.TEXT || kind == BlockKind.REASONING);
  }

  /** Records chunks of a block that has started. */
  void chunks(Chunks chunks) {
    if (discarded || chunks.kind() == BlockKind.EVENT) {
      return;
    }
    if (!chunks.block().equals(current)) {
      current = chunks.block();
      append(Buffer.buffer(back(blocks.indexOf(current))), BLOCK_BYTES);
    }
    if (!discarded && keepsText && chunks.kind() == BlockKind.TEXT) {
      text.appendBuffer(chunks.data());
    }
    if (!discarded) {
      append(chunks.data(), 0);
    }
  }

  private static byte[] start(int place, Block block) {
    String name = place + " " + block.kind().code() + " " + block.name() + " " + block.extra();
    return marked(START, name);
  }

  private static byte[] back(int place) {
    return marked(RETURN, String.valueOf(place));
  }

  private static byte[] marked(byte mark, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    byte[] marked = new byte[bytes.length + 2];
    System.arraycopy(bytes, 0, marked, 1, bytes.length);
    marked[0] = mark;
    marked[bytes.length + 1] = mark;
    return marked;
  }

  private void append(Buffer data, int overhead) {
    counted += data.length() + overhead;
    if (counted > maxBytes) {
      discard();
      return;
    }
    int from = 0;
    while (from < data.length()) {
      if (tailLength == 0 && !memory.add(DIGEST_BYTES + (keepsText ? SEGMENT : 0))) {
        discard();
        return;
      }
      int part = Math.min(SEGMENT - tailLength, data.length() - from);
      data.getBytes(from, from + part, tail, tailLength);
      tailLength += part;
      from += part;
      if (tailLength == SEGMENT) {
        digests.add(sha256.digest(tail));
        tailLength = 0;
      }
    }
  }

  /**
   * Returns the text that another model can continue; {@code null} if there is none. It can if
   * there is nothing but text, and reasoning before it that needs no signature.
   */
  Buffer continuable() {
    if (discarded || !keepsText || text.toString().isBlank()) {
      return null;
    }
    for (int i = 0; i < blocks.size(); i++) {
      BlockKind expected = i == blocks.size() - 1 ? BlockKind.TEXT : BlockKind.REASONING;
      if (blocks.get(i).kind() != expected) {
        return null;
      }
    }
    return text;
  }

  /** Returns the delivered blocks but those of events; of several that are one, the last. */
  List<Block> blocks() {
    return List.copyOf(blocks);
  }

  /** Returns the delivered block that started last, events excepted. */
  Block last() {
    return blocks.get(blocks.size() - 1);
  }

  /** Returns the number of delivered blocks, those of events included. */
  int blockCount() {
    return delivered;
  }

  /** Begins a comparison with another answer. Nothing may be recorded meanwhile. */
  Comparison compare() {
    return new Comparison();
  }

  /** Compares another answer, as it arrives, with what was delivered. */
  final class Comparison {
    private final byte[] segment = new byte[SEGMENT];
    private int segmentLength;
    private int segments;
    private Block at;
    private boolean different;

    /** Returns whether everything that was delivered has been reproduced. */
    boolean complete() {
      return !different && segments == digests.size() && segmentLength == tailLength;
    }

    /** Returns whether the answer is another one. */
    boolean different() {
      return different;
    }

    /** Compares the start of a block. */
    void block(Block block) {
      at = block;
      byte[] start = start(block.index(), block);
      different |= accept(Buffer.buffer(start)) < start.length;
    }

    /** Compares content, and returns how many of its bytes were delivered. */
    int chunks(Chunks chunks) {
      if (!chunks.block().equals(at)) {
        at = chunks.block();
        byte[] back = back(at.index());
        different |= accept(Buffer.buffer(back)) < back.length;
      }
      return different ? 0 : accept(chunks.data());
    }

    /** Returns how many bytes were compared; fewer than all if no more were delivered. */
    private int accept(Buffer data) {
      int from = 0;
      while (from < data.length() && !different && !complete()) {
        boolean last = segments == digests.size();
        int room = (last ? tailLength : SEGMENT) - segmentLength;
        int part = Math.min(room, data.length() - from);
        data.getBytes(from, from + part, segment, segmentLength);
        int end = segmentLength + part;
        if (last) {
          different = !Arrays.equals(segment, segmentLength, end, tail, segmentLength, end);
        }
        segmentLength = end;
        from += part;
        if (!last && segmentLength == SEGMENT) {
          different = !Arrays.equals(sha256.digest(segment), digests.get(segments));
          segments++;
          segmentLength = 0;
        }
      }
      return from;
    }
  }
}
