package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.fuzz.Pieces;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * Any body as a dialect's answer: sound text and exactly one end come of it, and the same however
 * it is cut. Of AWS's dialect the frames are sound, or no checksum would ever be right, with what
 * is in them taken from the input.
 */
public final class AnswersFuzz {
  private static final List<String> DIALECTS = Dialects.names().stream().sorted().toList();

  private AnswersFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    Pieces pieces = Pieces.of(input).next();
    String dialect = DIALECTS.get(Pieces.of(input).seed() % DIALECTS.size());
    Buffer body = Buffer.buffer(keyed(pieces.bytes()));
    if (dialect.equals("bedrock") && pieces.seed() % 4 > 0) {
      body = frames(body.toString());
    }
    String whole = read(dialect, List.of(body));
    assertThat(read(dialect, pieces.cut(body))).isEqualTo(whole);
  }

  /** A backend may quote the key wherever it likes. */
  private static byte[] keyed(byte[] body) {
    return new String(body, StandardCharsets.ISO_8859_1)
        .replace("{key}", Rig.SECRET)
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Every line is a frame: the header's name, its value, and the payload, between bars. */
  private static Buffer frames(String lines) {
    Buffer frames = Buffer.buffer();
    for (String line : lines.split("\n")) {
      String[] parts = line.split("\\|", 3);
      boolean named = parts.length == 3 && fits(parts[0]) && fits(parts[1]);
      frames.appendBuffer(
          named
              ? AwsFrames.frame(Map.of(parts[0], parts[1]), parts[2])
              : AwsFrames.event("contentBlockDelta", line));
    }
    return frames;
  }

  private static boolean fits(String header) {
    int bytes = header.getBytes(StandardCharsets.UTF_8).length;
    return bytes > 0 && bytes < 256;
  }

  private static String read(String dialect, List<Buffer> pieces) {
    Reading reading = new Reading(dialect);
    pieces.forEach(reading::more);
    reading.end();
    assertThat(reading.over()).isTrue();
    assertThat(reading.result() == null).isNotEqualTo(reading.failure() == null);
    StringBuilder all = new StringBuilder(reading.finish());
    for (BlockKind kind : BlockKind.values()) {
      byte[] text = reading.bytes(kind);
      assertThat(new String(text, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8))
          .isEqualTo(text);
      all.append(' ').append(kind).append(Base64.getEncoder().encodeToString(text));
    }
    if (reading.result() != null) {
      all.append(reading.result().encode());
    } else {
      assertThat(reading.failure().message())
          .doesNotContain(Rig.SECRET, "\n", "\r", "\u001b")
          .hasSizeLessThan(600);
    }
    return all.toString();
  }
}
