package io.llmrelay.provider.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChunkTemplateTest {

  @Test
  void findsTheTextOfAMatchingChunk() {
    ChunkTemplate template = new ChunkTemplate();
    byte[] one = "{\"t\":\"Hello\",\"u\":1}".getBytes(StandardCharsets.UTF_8);
    template.learn(one, 0, one.length, 5, "Hello");

    byte[] other = "..{\"t\":\"you\",\"u\":1}".getBytes(StandardCharsets.UTF_8);
    assertThat(template.matches(other, 2, other.length)).isTrue();
    assertThat(text(template, other)).isEqualTo("you");

    byte[] escaped =
        "{\"t\":\"\\\"a\\\\\\/\\n\\t\\r\\b\\f\",\"u\":1}".getBytes(StandardCharsets.UTF_8);
    assertThat(template.matches(escaped, 0, escaped.length)).isTrue();
    assertThat(text(template, escaped)).isEqualTo("\"a\\/\n\t\r\b\f");

    for (String mismatch :
        List.of(
            "{\"t\":\"y\\u\",\"u\":1}",
            "{\"t\":\"y\\\",\"u\":1}",
            "{\"t\":\"y\\u0041\",\"u\":1}",
            "{\"t\":\"y\\x\",\"u\":1}",
            "{\"t\":\"y\\nö\",\"u\":1}",
            "{\"t\":\"y\\n\"n\",\"u\":1}",
            "{\"t\":\"you\",\"u\":2}",
            "{}")) {
      byte[] bytes = mismatch.getBytes(StandardCharsets.UTF_8);
      assertThat(template.matches(bytes, 0, bytes.length)).as(mismatch).isFalse();
    }
  }

  private static String text(ChunkTemplate template, byte[] chunk) {
    return new String(
        template.text(chunk),
        template.textFrom(),
        template.textTo() - template.textFrom(),
        StandardCharsets.UTF_8);
  }
}
