package io.llmrelay.chat;

import io.vertx.core.buffer.Buffer;
import java.util.function.Consumer;

/**
 * Chunks of one block that arrived together and are delivered together: their UTF-8 text in one
 * buffer, and the length of each. Immutable.
 */
public final class Chunks {
  /** The most bytes delivered together; a longer chunk is split between characters. */
  public static final int MAX_BYTES = 8 * 1024;

  private final Block block;
  private final Buffer data;
  private final int[] lengths;

  private Chunks(Block block, Buffer data, int[] lengths) {
    this.block = block;
    this.data = data;
    this.lengths = lengths;
  }

  /** Creates one chunk. */
  public static Chunks of(Block block, Buffer data) {
    return new Chunks(block, data, null);
  }

  /**
   * Creates several chunks.
   *
   * @param lengths the length of each in bytes, with the length of the data as their sum; {@code
   *     null} for one chunk
   */
  public static Chunks of(Block block, Buffer data, int[] lengths) {
    return new Chunks(block, data, lengths);
  }

  /** Creates the same chunks of another block. */
  public static Chunks of(Block block, Chunks same) {
    return block.equals(same.block) ? same : new Chunks(block, same.data, same.lengths);
  }

  /** Returns the block of the chunks. */
  public Block block() {
    return block;
  }

  /** Returns the kind of the block. */
  public BlockKind kind() {
    return block.kind();
  }

  /** Returns the text of all chunks. */
  public Buffer data() {
    return data;
  }

  /** Returns the number of chunks. */
  public int count() {
    return lengths == null ? 1 : lengths.length;
  }

  /** Returns the length of the chunk with this index, in bytes. */
  public int length(int index) {
    return lengths == null ? data.length() : lengths[index];
  }

  /** Passes these chunks on, split into pieces of at most {@link #MAX_BYTES}. */
  public void split(Consumer<Chunks> to) {
    if (data.length() <= MAX_BYTES) {
      to.accept(this);
      return;
    }
    int from = 0;
    for (int i = 0; i < count(); i++) {
      int end = from + length(i);
      while (from < end) {
        int cut = cut(data, from, end);
        to.accept(of(block, data.slice(from, cut)));
        from = cut;
      }
    }
  }

  /**
   * Returns the end of the longest piece from {@code from} that is short enough and splits no
   * character.
   */
  static int cut(Buffer text, int from, int end) {
    int cut = from + MAX_BYTES;
    if (cut >= end) {
      return end;
    }
    for (int back = 0; back <= 3; back++) {
      if ((text.getByte(cut - back) & 0xC0) != 0x80) {
        return cut - back;
      }
    }
    return cut; // No character is that long: this is not UTF-8.
  }
}
