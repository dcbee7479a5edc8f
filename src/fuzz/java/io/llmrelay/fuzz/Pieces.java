package io.llmrelay.fuzz;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An input whose first byte says how the rest is cut into pieces.
 *
 * @param seed that byte, from 0 to 255
 * @param bytes the rest
 */
@SuppressWarnings("ArrayRecordComponent") // That is what a fuzzer gives.
public record Pieces(int seed, byte[] bytes) {
  public static Pieces of(byte[] input) {
    return input.length == 0
        ? new Pieces(0, input)
        : new Pieces(input[0] & 0xFF, Arrays.copyOfRange(input, 1, input.length));
  }

  /** The next byte, taken off the front. */
  public Pieces next() {
    return of(bytes);
  }

  /** Cuts other bytes in the same way: for a small seed into pieces of one byte. */
  public List<Buffer> cut(Buffer whole) {
    List<Buffer> pieces = new ArrayList<>();
    int random = seed;
    for (int from = 0; from < whole.length(); ) {
      random = random * 1_103_515_245 + 12_345;
      int size = 1 + (random >>> 16) % (1 + seed / 4);
      int to = Math.min(whole.length(), from + size);
      pieces.add(whole.slice(from, to));
      from = to;
    }
    return pieces;
  }
}
