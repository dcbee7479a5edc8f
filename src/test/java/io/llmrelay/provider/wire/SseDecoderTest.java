package io.llmrelay.provider.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SseDecoderTest {
  /** What a decoder said, in order: {@code name|data} for an event, {@code ~text} for the rest. */
  private static final class Notes implements EventDecoder.Handler {
    final List<String> said = new ArrayList<>();

    @Override
    public void event(String name, byte[] bytes, int from, int to) {
      said.add(name + "|" + latin(bytes, from, to));
    }

    @Override
    public void stray(byte[] bytes, int from, int to) {
      said.add("~" + latin(bytes, from, to));
    }

    private static String latin(byte[] bytes, int from, int to) {
      return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    }
  }

  private static List<String> decode(Buffer... pieces) {
    Notes notes = new Notes();
    SseDecoder decoder = new SseDecoder(notes);
    for (Buffer piece : pieces) {
      assertThat(decoder.read(piece)).isTrue();
    }
    decoder.end();
    return notes.said;
  }

  private static List<String> decode(String document) {
    return decode(Buffer.buffer(document));
  }

  private static final String DOCUMENT =
      """
      \uFEFF: a comment
      data: one

      event: named
      id: 7
      retry: soon
      data:two
      data:  three
      data

      event: dropped, for it has no data

      :

      data: {"é": "\uD83D\uDE00"}
      : between

      error: {"x": 1}

      data: unfinished
      """;

  private static final List<String> EVENTS =
      List.of(
          "null|one",
          "named|two\n three\n",
          "null|" + latin("{\"é\": \"\uD83D\uDE00\"}"),
          "~{\"x\": 1}",
          "~unfinished");

  private static String latin(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r", "\r\n"})
  void sameDocumentInEveryLineEndingAndCutAnywhere(String lineEnd) {
    Buffer document = Buffer.buffer(DOCUMENT.replace("\n", lineEnd));
    assertThat(decode(document)).isEqualTo(EVENTS);
    for (int cut = 0; cut <= document.length(); cut++) {
      assertThat(decode(document.slice(0, cut), document.slice(cut, document.length())))
          .as("cut at %d", cut)
          .isEqualTo(EVENTS);
    }
    Buffer[] bytes = new Buffer[document.length()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = document.slice(i, i + 1);
    }
    assertThat(decode(bytes)).isEqualTo(EVENTS);
  }

  @Test
  void aCrEndsALineAtOnce() {
    Notes notes = new Notes();
    new SseDecoder(notes).read(Buffer.buffer("data: x\r\r"));
    assertThat(notes.said).containsExactly("null|x");
  }

  @Test
  void dropsOneByteOrderMarkOnly() {
    assertThat(decode("\uFEFF\uFEFFdata: x\n\n")).containsExactly("~" + latin("\uFEFFdata: x"));
    assertThat(decode("data: x\n\n\uFEFFdata: y\n\n"))
        .containsExactly("null|x", "~" + latin("\uFEFFdata: y"));
  }

  @Test
  void noDataIsNoEvent() {
    assertThat(decode("data:\n\nevent: x\n\ndata\n\n\n\n")).isEmpty();
  }

  @Test
  void aNameHoldsForOneEventOnly() {
    assertThat(decode("event: a\n\ndata: x\n\nevent: b\nevent:\ndata: y\n\n"))
        .containsExactly("null|x", "null|y");
  }

  @Test
  void fieldNamesAreExact() {
    assertThat(decode("Data: x\ndata : y\n data: z\nevents: w\n\n"))
        .containsExactly("~Data: x\ndata : y\n data: z\nevents: w");
  }

  @Test
  void bareJsonIsHandedOver() {
    assertThat(decode("data: x\n\n{\"error\": {\n  \"code\": 1}\n}"))
        .containsExactly("null|x", "~{\"error\": {\n  \"code\": 1}\n}");
  }

  @Test
  void countsComments() {
    SseDecoder decoder = new SseDecoder(new Notes());
    decoder.read(Buffer.buffer(": a\n:\n\ndata: x\n: b\n\n"));
    assertThat(decoder.comments()).isEqualTo(3);
  }

  @Test
  void longEventsPassUpToTheLimit() {
    String data = "x".repeat(SseDecoder.MAX_EVENT - 100);
    Notes notes = new Notes();
    SseDecoder decoder = new SseDecoder(notes);
    Buffer document = Buffer.buffer("data: " + data + "\n\n");
    for (int i = 0; i < document.length(); i += 8192) {
      assertThat(decoder.read(document.slice(i, Math.min(i + 8192, document.length())))).isTrue();
    }
    assertThat(notes.said).containsExactly("null|" + data);
  }

  @ParameterizedTest
  @ValueSource(strings = {"data: x", "data: x\n", "data: x\n: c\n", "unknown"})
  void anEndlessEventIsTooLong(String piece) {
    SseDecoder decoder = new SseDecoder(new Notes());
    Buffer more = Buffer.buffer(piece.repeat(1000));
    long taken = 0;
    while (decoder.read(more)) {
      taken += more.length();
      assertThat(taken).isLessThan(2L * SseDecoder.MAX_EVENT);
    }
    assertThat(taken).isGreaterThan(SseDecoder.MAX_EVENT / 2);
  }

  @Property
  void cutAnywhereIsTheSame(
      @ForAll("documents") byte[] document,
      @ForAll @Size(max = 10) List<@IntRange(max = 400) Integer> cuts) {
    Buffer whole = Buffer.buffer(document);
    List<Buffer> pieces = new ArrayList<>();
    int from = 0;
    for (int cut : cuts.stream().sorted().toList()) {
      int to = Math.max(from, Math.min(cut, document.length));
      pieces.add(whole.slice(from, to));
      from = to;
    }
    pieces.add(whole.slice(from, document.length));
    assertThat(decode(pieces.toArray(Buffer[]::new))).isEqualTo(decode(whole));
  }

  @Provide
  static Arbitrary<byte[]> documents() {
    Arbitrary<String> fragments =
        Arbitraries.of(
            "data: ",
            "data:",
            "data",
            "event: e",
            "id",
            "retry:",
            "error: ",
            ":",
            " ",
            "x",
            "{}",
            "\n",
            "\n\n",
            "\r",
            "\r\n",
            "\r\n\r\n",
            "\uFEFF",
            "é");
    Arbitrary<byte[]> meant =
        fragments
            .list()
            .ofMaxSize(60)
            .map(list -> String.join("", list).getBytes(StandardCharsets.UTF_8));
    return Arbitraries.oneOf(meant, Arbitraries.bytes().array(byte[].class).ofMaxSize(300));
  }
}
