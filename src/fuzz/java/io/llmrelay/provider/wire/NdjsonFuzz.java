package io.llmrelay.provider.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.fuzz.Pieces;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Any bytes as lines of JSON: the same events however cut, with LF and with CRLF. */
public final class NdjsonFuzz {
  private NdjsonFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    Pieces pieces = Pieces.of(input);
    List<String> events = events(List.of(Buffer.buffer(pieces.bytes())));
    assertThat(events(pieces.cut(Buffer.buffer(pieces.bytes())))).isEqualTo(events);
    String text = new String(pieces.bytes(), StandardCharsets.ISO_8859_1);
    if (text.indexOf('\r') < 0) {
      byte[] other = text.replace("\n", "\r\n").getBytes(StandardCharsets.ISO_8859_1);
      assertThat(events(pieces.cut(Buffer.buffer(other)))).isEqualTo(events);
    }
  }

  private static List<String> events(List<Buffer> pieces) {
    List<String> events = new ArrayList<>();
    NdjsonDecoder decoder = new NdjsonDecoder(new SseFuzz.Recorder(events));
    for (Buffer piece : pieces) {
      assertThat(decoder.read(piece)).isTrue();
    }
    decoder.end();
    return events.stream().map(event -> event.replaceAll("[\r\n]+$", "")).toList();
  }
}
