package io.llmrelay.gateway.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatEvent;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class JsonEscaperTest {
  private static final ChunkEncoder ENCODER =
      new ChunkEncoder("chatcmpl-1", 1, "a \"model\"", false);

  @Property
  void textSurvivesARoundTrip(@ForAll String text) {
    assertThat(roundTrip(wellFormed(text))).isEqualTo(wellFormed(text));
  }

  @Property
  void escapesSurviveARoundTrip(@ForAll @CharRange(from = '\u0000', to = '\u0080') String text) {
    assertThat(roundTrip(text)).isEqualTo(text);
  }

  @Property
  void chunkBoundariesDoNotMatter(@ForAll String any, @ForAll @IntRange(max = 1000) int at) {
    String text = wellFormed(any);
    int cut = text.isEmpty() ? 0 : text.offsetByCodePoints(0, at % (codePoints(text) + 1));
    assertThat(roundTrip(text.substring(0, cut)) + roundTrip(text.substring(cut))).isEqualTo(text);
  }

  @Test
  void lineTerminatorsAreEscaped() {
    String event = event("a\nb\rc");

    assertThat(event.strip()).doesNotContain("\n").doesNotContain("\r");
  }

  private static int codePoints(String text) {
    return text.codePointCount(0, text.length());
  }

  /** Replaces unpaired surrogates, which have no UTF-8 form. */
  private static String wellFormed(String text) {
    return Buffer.buffer(text).toString();
  }

  private static String event(String text) {
    Buffer event = Buffer.buffer();
    ENCODER.append(event, new ChatEvent.Chunk(Block.of(0, BlockKind.TEXT), Buffer.buffer(text)));
    return event.toString();
  }

  private static String roundTrip(String text) {
    String event = event(text);
    assertThat(event).startsWith("data: {").endsWith("}\n\n");
    JsonObject json = new JsonObject(event.substring("data: ".length()));
    return json.getJsonArray("choices")
        .getJsonObject(0)
        .getJsonObject("delta")
        .getString("content");
  }
}
