package io.llmrelay.chat;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChunksTest {
  private static final Block BLOCK = Block.of(0, BlockKind.TEXT);

  private static Buffer text(String text) {
    return Buffer.buffer(text);
  }

  private static List<Buffer> split(Chunks chunks) {
    List<Buffer> pieces = new ArrayList<>();
    chunks.split(
        piece -> {
          assertThat(piece.block()).isSameAs(BLOCK);
          pieces.add(piece.data());
        });
    return pieces;
  }

  private static Buffer all(List<Buffer> pieces) {
    Buffer all = Buffer.buffer();
    pieces.forEach(all::appendBuffer);
    return all;
  }

  @Test
  void sayHowLongEachIs() {
    Chunks several = Chunks.of(BLOCK, text("abcdef"), new int[] {1, 3, 2});
    assertThat(several.count()).isEqualTo(3);
    assertThat(several.length(1)).isEqualTo(3);
    assertThat(Chunks.of(BLOCK, text("abc")).length(0)).isEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5})
  void areCutBetweenCharactersWhereTheyAreLong(int offset) {
    String text = "a".repeat(offset) + "€😀ß".repeat(3_000);
    List<Buffer> pieces = split(Chunks.of(BLOCK, text(text)));
    assertThat(all(pieces)).isEqualTo(text(text));
    assertThat(pieces).hasSize(4);
    for (Buffer piece : pieces) {
      assertThat(piece.length()).isBetween(1, Chunks.MAX_BYTES);
      assertThat(piece.toString().indexOf('\uFFFD')).as("a broken character").isEqualTo(-1);
    }
  }

  @Test
  void thatAreTogetherTooLongAreTakenApart() {
    int[] lengths = {5, Chunks.MAX_BYTES + 1, 7};
    Buffer data = text("x".repeat(Arrays.stream(lengths).sum()));
    List<Buffer> pieces = split(Chunks.of(BLOCK, data, lengths));
    assertThat(pieces).extracting(Buffer::length).containsExactly(5, Chunks.MAX_BYTES, 1, 7);
  }

  @Test
  void thatAreNoUtf8StayWhatTheyAre() {
    byte[] bytes = new byte[3 * Chunks.MAX_BYTES];
    Arrays.fill(bytes, (byte) 0x80);
    List<Buffer> pieces = split(Chunks.of(BLOCK, Buffer.buffer(bytes)));
    assertThat(all(pieces)).isEqualTo(Buffer.buffer(bytes));
  }

  @Test
  void thatFitAreNotCut() {
    Chunks chunks = Chunks.of(BLOCK, text("x".repeat(Chunks.MAX_BYTES)));
    assertThat(split(chunks)).containsExactly(chunks.data());
    Buffer longer = text("x".repeat(Chunks.MAX_BYTES - 1) + "ß");
    assertThat(split(Chunks.of(BLOCK, longer)))
        .extracting(Buffer::length)
        .containsExactly(Chunks.MAX_BYTES - 1, 2);
  }
}
