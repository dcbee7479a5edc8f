package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.fuzz.Pieces;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.function.UnaryOperator;

/** Any text, cut anywhere into deltas and these anywhere into reads: it arrives byte for byte. */
public final class TextFuzz {
  private TextFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    Pieces pieces = Pieces.of(input);
    String text = new String(pieces.bytes(), StandardCharsets.UTF_16BE);
    arrives("openai", text, pieces, Sse::text, Sse.finish("stop") + Sse.DONE);
    arrives(
        "ollama",
        text,
        pieces,
        delta ->
            new JsonObject()
                    .put("done", false)
                    .put("message", new JsonObject().put("content", delta))
                    .encode()
                + "\n",
        "{\"done\":true,\"done_reason\":\"stop\"}\n");
  }

  private static void arrives(
      String dialect, String text, Pieces pieces, UnaryOperator<String> event, String end) {
    StringBuilder body = new StringBuilder();
    int step = 1 + pieces.seed() % 7;
    for (int from = 0; from < text.length(); from += step) {
      String delta = text.substring(from, Math.min(text.length(), from + step));
      event.apply(delta).chars().forEach(c -> escaped(body, (char) c));
    }
    Reading reading = new Reading(dialect);
    pieces.cut(Buffer.buffer(body.append(end).toString())).forEach(reading::more);
    reading.end();
    assertThat(reading.finish()).isEqualTo("stop");
    assertThat(reading.text()).isEqualTo(sound(text));
  }

  /** Half a character can only be written as an escape. */
  private static void escaped(StringBuilder body, char c) {
    if (Character.isSurrogate(c)) {
      body.append(String.format("\\u%04x", (int) c));
    } else {
      body.append(c);
    }
  }

  /** Replaces unpaired surrogates, as decoders of UTF-8 do. */
  private static String sound(String text) {
    return text.codePoints()
        .map(c -> c <= 0xFFFF && Character.isSurrogate((char) c) ? 0xFFFD : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }
}
