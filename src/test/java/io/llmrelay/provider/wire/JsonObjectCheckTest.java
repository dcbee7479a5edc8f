package io.llmrelay.provider.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonObjectCheckTest {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private static JsonObjectCheck check(String text, int piece) {
    JsonObjectCheck check = new JsonObjectCheck();
    byte[] bytes = text.getBytes(UTF_8);
    for (int from = 0; from < bytes.length; from += piece) {
      check.add(bytes, from, Math.min(bytes.length, from + piece));
    }
    return check;
  }

  private static boolean isObject(String text) {
    try {
      return MAPPER.readTree(text).isObject();
    } catch (JsonProcessingException e) {
      return false;
    }
  }

  @Property(tries = 20_000)
  void agreesWithAParser(@ForAll("almostJson") String text, @ForAll("pieces") int piece) {
    JsonObjectCheck check = check(text, piece);
    assertThat(check.isWhole()).as(text).isEqualTo(isObject(text));
    assertThat(check.isBlank()).isEqualTo(text.isBlank());
  }

  @Provide
  Arbitrary<Integer> pieces() {
    return Arbitraries.of(1, 2, 3, 9, 1_000);
  }

  /** Tokens in any order, mostly within an object. */
  @Provide
  Arbitrary<String> almostJson() {
    Arbitrary<String> value =
        Arbitraries.of(
            "1",
            "-0",
            "0",
            "01",
            "1.5",
            "1.",
            "-",
            "1e3",
            "1E+10",
            "1e",
            "true",
            "false",
            "null",
            "tru",
            "\"x\"",
            "\"a\\\"b\"",
            "\"\\u00e9\"",
            "\"\\u00g0\"",
            "\"\\x\"",
            "\"ö😀 longer\"",
            "\"tab\t\"",
            "{}",
            "[]",
            "[1,2]",
            "[1,]",
            "{\"a\":[{}]}",
            " ",
            "");
    Arbitrary<String> member = value.map(v -> "\"key\":" + v);
    Arbitrary<String> members =
        Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(8, member),
                net.jqwik.api.Tuple.of(1, value),
                net.jqwik.api.Tuple.of(1, Arbitraries.of(",", ":", "}", "]", "{", "[", "\"", "\\")))
            .list()
            .ofMaxSize(4)
            .map(list -> String.join(",", list));
    Arbitrary<String> open = Arbitraries.of("{", "{", "{", " {\n", "", "[");
    Arbitrary<String> close = Arbitraries.of("}", "}", "}", " }\t", "", "]", "}}", "} x");
    return net.jqwik.api.Combinators.combine(open, members, close).as((o, m, c) -> o + m + c);
  }

  @ParameterizedTest
  @ValueSource(strings = {"[1]", "\"x\"", "1", "{\"a\" 1", "{'a'", "{\"a\":tx", "{}{", "x"})
  void whatCannotBecomeAnObjectIsBrokenAtOnce(String text) {
    assertThat(check(text, 1).isBroken()).isTrue();
    assertThat(check(text + "}", 1).isWhole()).isFalse();
  }

  @Test
  void nestingIsBounded() {
    String deep = "{\"a\":" + "[".repeat(999) + "]".repeat(999) + "}";
    assertThat(check(deep, 7).isWhole()).isTrue();
    assertThat(check("{\"a\":" + "[".repeat(1_000), 7).isBroken()).isTrue();
  }
}
