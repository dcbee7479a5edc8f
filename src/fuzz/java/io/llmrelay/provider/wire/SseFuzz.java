package io.llmrelay.provider.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.fuzz.Pieces;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Any bytes as an event stream: the same events however cut, and whatever ends the lines. */
public final class SseFuzz {
  private SseFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    Pieces pieces = Pieces.of(input);
    List<String> events = events(pieces, Buffer.buffer(pieces.bytes()), true);
    assertThat(events(pieces, Buffer.buffer(pieces.bytes()), false)).isEqualTo(events);
    String text = new String(pieces.bytes(), StandardCharsets.ISO_8859_1);
    if (text.indexOf('\r') < 0) {
      for (String lineEnd : List.of("\r", "\r\n")) {
        byte[] other = text.replace("\n", lineEnd).getBytes(StandardCharsets.ISO_8859_1);
        assertThat(events(pieces, Buffer.buffer(other), false)).isEqualTo(events);
      }
    }
  }

  private static List<String> events(Pieces pieces, Buffer bytes, boolean whole)
      throws IOException {
    List<String> events = new ArrayList<>();
    SseDecoder decoder = new SseDecoder(new Recorder(events));
    for (Buffer piece : whole ? List.of(bytes) : pieces.cut(bytes)) {
      assertThat(decoder.read(piece)).isTrue();
    }
    decoder.end();
    events.add("comments: " + decoder.comments());
    return events;
  }

  /** Notes what comes out of a decoder, byte for byte. */
  record Recorder(List<String> events) implements EventDecoder.Handler {
    @Override
    public void event(String name, byte[] bytes, int from, int to) {
      events.add("event " + name + ": " + latin(bytes, from, to));
    }

    @Override
    public void stray(byte[] bytes, int from, int to) {
      events.add("stray: " + latin(bytes, from, to));
    }

    private static String latin(byte[] bytes, int from, int to) {
      return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    }
  }
}
