package io.llmrelay.chat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.zip.CRC32;

/**
 * Recognizes tool sets that have been received before, since an agent sends the same tools with
 * every request: comparing bytes is much faster than parsing them.
 *
 * <p>A set is kept when it comes the second time. Bounded in number and bytes; the oldest is
 * removed first. Thread-safe: requests are read on all event loops.
 */
final class ToolSets {
  /** Smaller sets are parsed as fast as they are found. */
  static final int MIN_BYTES = 1024;

  static final int MAX_SETS = 32;

  /** The most bytes of all sets together. */
  static final int MAX_BYTES = 4 << 20;

  private static final int SEEN = 256;

  /** The sets that all requests of this process share. */
  static final ToolSets SHARED = new ToolSets();

  /** A set. */
  static final class Known {
    private final byte[] bytes;
    private final List<Tool> tools;

    private Known(byte[] bytes, List<Tool> tools) {
      this.bytes = bytes;
      this.tools = tools;
    }

    /** Returns its elements, none of which has an unknown field. */
    List<Tool> tools() {
      return tools;
    }

    /** Returns the array as it is received. */
    RawJson source() {
      return RawJson.slice(bytes, 0, bytes.length, bytes.length);
    }
  }

  private volatile List<Known> sets = List.of();

  /** Checksums of sets that came lately, each in the place that its value selects. */
  private final AtomicIntegerArray seen = new AtomicIntegerArray(SEEN);

  /** Passes the array at the cursor if it is a known set; {@code null} if it is not. */
  Known pass(JsonCursor in) {
    for (Known set : sets) {
      if (in.passArray(set.bytes)) {
        return set;
      }
    }
    return null;
  }

  /** Records a set without unknown fields. */
  void add(byte[] body, int from, int to) {
    int length = to - from;
    if (length < MIN_BYTES || length > MAX_BYTES / 4) {
      return;
    }
    CRC32 checksum = new CRC32();
    checksum.update(body, from, length);
    int value = (int) checksum.getValue();
    if (seen.getAndSet(value & (SEEN - 1), value) == value) {
      keep(read(Arrays.copyOfRange(body, from, to)));
    }
  }

  private static Known read(byte[] array) {
    List<Tool> tools = new ArrayList<>();
    RequestPath path = new RequestPath("", new ArrayList<>());
    JsonCursor in = new JsonCursor(array, 0, array.length);
    path.elements(in, "tools", at -> tools.add(ToolReader.read(in, at)));
    return new Known(array, List.copyOf(tools));
  }

  private synchronized void keep(Known added) {
    List<Known> kept = new ArrayList<>();
    kept.add(added);
    int bytes = added.bytes.length;
    for (Known set : sets) {
      bytes += set.bytes.length;
      if (Arrays.equals(set.bytes, added.bytes)) {
        return;
      }
      if (bytes <= MAX_BYTES && kept.size() < MAX_SETS) {
        kept.add(set);
      }
    }
    sets = List.copyOf(kept);
  }
}
