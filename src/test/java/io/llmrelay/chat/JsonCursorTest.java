package io.llmrelay.chat;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.json.DecodeException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonCursorTest {
  private static final ObjectMapper JACKSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private static final String DOCUMENT =
      """
      {"plain": "some text that is longer than a word of eight bytes", "e\\u0301\\"": "\\n\\\\\\u00e4",
       "é": "äöü ✓ 😀 日本語", "n": [0, -1, 1.5, -2.5e+3, 1E-2, 10] , "x": {}, "y": [ ], "z":[{},[""]],
       "b": [true, false, null], "deep": {"a": {"b": [{"c": "d"}]}}, "end": "\\/\\b\\f\\r\\t"}
      """;

  private static void walk(byte[] json) {
    JsonCursor in = new JsonCursor(json, 0, json.length);
    in.raw();
    if (!in.atEnd()) {
      throw new DecodeException("more than one value");
    }
  }

  /**
   * Replaces each byte by each that means something somewhere, and cuts the document everywhere.
   */
  @Test
  void acceptsWhatJacksonAccepts() {
    byte[] bytes = DOCUMENT.getBytes(UTF_8);
    byte[] others =
        "\"\\{}[],:0-+.eEtfnu/ \n\u0000\u001f\u007f\u0080\u00bf\u00c3\u00e2\u00f0\u00f8\u00ff"
            .getBytes(ISO_8859_1);
    for (int i = 1; i < bytes.length; i++) {
      for (byte other : others) {
        byte[] changed = bytes.clone();
        changed[i] = other;
        same(changed);
      }
      byte[] cut = Arrays.copyOf(bytes, i);
      same(cut);
    }
  }

  /** Strings of all kinds of pieces, in every position within a word. */
  @Test
  void passesStringsLikeJackson() {
    String[] pieces = {
      "\\\\",
      "\\\"",
      "\\n",
      "\\t",
      "\\/",
      "\\u00e4",
      "\\",
      "\"",
      "é",
      "😀",
      "a",
      "bcd",
      "efghijkl",
      "\t"
    };
    Random random = new Random(7);
    for (int i = 0; i < 50_000; i++) {
      StringBuilder json = new StringBuilder("[\"");
      for (int n = random.nextInt(9); n >= 0; n--) {
        json.append(pieces[random.nextInt(pieces.length)]);
      }
      same(json.append("\" , 1]").toString().getBytes(UTF_8));
    }
  }

  private static void same(byte[] json) {
    boolean valid = true;
    try {
      walk(json);
    } catch (DecodeException e) {
      valid = false;
    }
    boolean expected = true;
    try {
      JACKSON.readTree(json);
    } catch (IOException e) {
      expected = false;
    }
    assertThat(valid).as(new String(json, ISO_8859_1)).isEqualTo(expected);
  }

  @Test
  void slicesValuesWhereverTheyStart() throws Exception {
    ObjectNode expected = (ObjectNode) JACKSON.readTree(DOCUMENT);
    for (int shift = 0; shift < 16; shift++) {
      byte[] json = (" ".repeat(shift) + DOCUMENT).getBytes(UTF_8);
      JsonCursor in = new JsonCursor(json, shift, json.length);
      in.next();
      for (Map.Entry<String, JsonNode> field : expected.properties()) {
        assertThat(in.field()).isEqualTo(field.getKey());
        RawJson value = in.raw();
        BodyBuilder encoded = new BodyBuilder();
        value.appendTo(encoded);
        assertThat(JACKSON.readTree(encoded.toBuffer().getBytes())).isEqualTo(field.getValue());
        if (value.isString()) {
          String text = field.getValue().textValue();
          assertThat(value.string()).isEqualTo(text);
          assertThat(value.characters()).isEqualTo(text.codePointCount(0, text.length()));
        }
      }
      assertThat(in.at(JsonToken.END_OBJECT)).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1e",
        "01",
        "-",
        "1.",
        "+1",
        "tru",
        "truex",
        "nul",
        "[1 2]",
        "{\"a\" 1}",
        "[,]",
        "{,}",
        "[1,]",
        "{\"a\":1,}",
        "]",
        "\"\t\"",
        "'a'"
      })
  void refusesWhatIsNotJson(String json) {
    assertThatThrownBy(() -> walk(json.getBytes(UTF_8))).isInstanceOf(DecodeException.class);
  }

  @Test
  void limitsDepthAndNumbers() {
    walk(("[".repeat(1_000) + "]".repeat(1_000)).getBytes(UTF_8));
    assertThatThrownBy(() -> walk(("[".repeat(1_001) + "]".repeat(1_001)).getBytes(UTF_8)))
        .isInstanceOf(DecodeException.class);
    walk("1".repeat(1_000).getBytes(UTF_8));
    assertThatThrownBy(() -> walk("1".repeat(1_001).getBytes(UTF_8)))
        .isInstanceOf(DecodeException.class);
  }

  @Test
  void errorsNameThePlaceAndQuoteNothing() {
    assertThatThrownBy(() -> walk("{\n  \"a\": secret}".getBytes(UTF_8)))
        .hasMessage("the body is not valid JSON: line 2, column 8");
    assertThatThrownBy(() -> walk("{\"a\": \"secret".getBytes(UTF_8)))
        .hasMessage("the body ends before its JSON does: line 1, column 14");
  }
}
