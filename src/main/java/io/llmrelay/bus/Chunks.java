package io.llmrelay.bus;

import io.llmrelay.chat.ChunkKind;
import io.vertx.core.buffer.Buffer;

/**
 * Chunks of one kind that travel in one message because they arrived together. Their text stands
 * one behind the other, and each keeps its bounds.
 */
public final class Chunks {
  private final ChunkKind kind;
  private final Buffer data;
  private final String lengths;
  private final int count;

  /** How far {@link #next} has come: in the text, and in the lengths. */
  private int from;

  private int at;

  private Chunks(ChunkKind kind, Buffer data, String lengths, int count) {
    this.kind = kind;
    this.data = data;
    this.lengths = lengths;
    this.count = count;
  }

  /** One chunk. */
  public static Chunks of(ChunkKind kind, Buffer data) {
    return new Chunks(kind, data, null, 1);
  }

  /**
   * Several chunks.
   *
   * @param lengths how many bytes of the data are whose, {@code null} for one chunk; the form is
   *     that of {@link Frames#LENGTHS}
   * @return {@code null} if the lengths are not in order, or not those of the data
   */
  public static Chunks of(ChunkKind kind, Buffer data, String lengths) {
    int count = lengths == null ? 1 : count(lengths, data.length());
    return count == 0 ? null : new Chunks(kind, data, lengths, count);
  }

  private static int count(String lengths, int total) {
    int count = 0;
    int sum = 0;
    int length = 0;
    for (int i = 0; i <= lengths.length(); i++) {
      char c = i == lengths.length() ? ',' : lengths.charAt(i);
      if (c >= '0' && c <= '9' && length <= total) {
        length = 10 * length + c - '0';
      } else if (c == ',' && length > 0) {
        sum += length;
        count++;
        length = 0;
      } else {
        return 0;
      }
      if (sum > total) {
        return 0;
      }
    }
    return sum == total ? count : 0;
  }

  public ChunkKind kind() {
    return kind;
  }

  /** The text of all of them. */
  public Buffer data() {
    return data;
  }

  public int count() {
    return count;
  }

  String lengths() {
    return lengths;
  }

  /** Whether there is a chunk that {@link #next} has not given. */
  public boolean hasNext() {
    return from < data.length();
  }

  /** The text of the next chunk. */
  public Buffer next() {
    if (lengths == null) {
      from = data.length();
      return data;
    }
    int length = 0;
    while (at < lengths.length() && lengths.charAt(at) != ',') {
      length = 10 * length + lengths.charAt(at++) - '0';
    }
    at++;
    from += length;
    return data.slice(from - length, from);
  }
}
