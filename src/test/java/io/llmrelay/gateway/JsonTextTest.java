package io.llmrelay.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.Block;
import io.llmrelay.chat.ChatEvent;
import io.llmrelay.chat.ChunkKind;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class JsonTextTest {
  private static final ChunkFormat FORMAT = new ChunkFormat("chatcmpl-1", 1, "a \"model\"");

  @Property
  void anyTextComesBack(@ForAll String text) {
    assertThat(throughAnEvent(wellFormed(text))).isEqualTo(wellFormed(text));
  }

  @Property
  void textFullOfEscapesComesBack(@ForAll @CharRange(from = '\u0000', to = '\u0080') String text) {
    assertThat(throughAnEvent(text)).isEqualTo(text);
  }

  @Property
  void itDoesNotMatterWhereTextIsCut(@ForAll String any, @ForAll @IntRange(max = 1000) int at) {
    String text = wellFormed(any);
    int cut = text.isEmpty() ? 0 : text.offsetByCodePoints(0, at % (points(text) + 1));
    assertThat(throughAnEvent(text.substring(0, cut)) + throughAnEvent(text.substring(cut)))
        .isEqualTo(text);
  }

  @Test
  void everyCharacterThatEndsALineIsEscaped() {
    String event = event("a\nb\rc");

    assertThat(event.strip()).doesNotContain("\n").doesNotContain("\r");
  }

  private static int points(String text) {
    return text.codePointCount(0, text.length());
  }

  /** Half a surrogate pair is no text and has no UTF-8. */
  private static String wellFormed(String text) {
    return Buffer.buffer(text).toString();
  }

  private static String event(String text) {
    Buffer event = Buffer.buffer();
    FORMAT.chunk(event, new ChatEvent.Chunk(Block.of(0, ChunkKind.TEXT), Buffer.buffer(text)));
    return event.toString();
  }

  private static String throughAnEvent(String text) {
    String event = event(text);
    assertThat(event).startsWith("data: {").endsWith("}\n\n");
    JsonObject json = new JsonObject(event.substring("data: ".length()));
    return json.getJsonArray("choices")
        .getJsonObject(0)
        .getJsonObject("delta")
        .getString("content");
  }
}
