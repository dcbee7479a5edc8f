package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.TokenUsage;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for the reader of every dialect. */
class ReadersOfAllDialectsTest {
  /** Data that is neither an object nor an array. */
  private static final List<String> NOISE =
      List.of(
          ": keepalive", ":", "keepalive", "no JSON", "null", "\"\"", "\"ping\"", "7", " ", "{}");

  private static final List<String> NUMBERS =
      List.of(
          "6",
          "-0",
          "1.10",
          "0.00",
          "3e+50",
          "1E-7",
          "1e999",
          "12345678901234567890123456789012345678901234567890");

  static Stream<String> dialects() {
    return Dialects.names().stream();
  }

  private static Buffer noise(String dialect) {
    Buffer noise = Buffer.buffer();
    NOISE.forEach(payload -> noise.appendBuffer(Streams.event(dialect, payload)));
    return noise;
  }

  @ParameterizedTest
  @MethodSource("dialects")
  void noiseIsNeitherTextNorABrokenAnswer(String dialect) {
    Buffer noise = noise(dialect);
    Buffer body =
        Streams.all(
            noise,
            Streams.reasoning(dialect, "\"hm\""),
            noise,
            Streams.text(dialect, "\"a\""),
            noise,
            Streams.text(dialect, "\"b\""),
            noise,
            Streams.end(dialect));
    Reading reading = Reading.of(dialect, body);
    assertThat(reading.finish()).isEqualTo("stop");
    assertThat(reading.text(BlockKind.REASONING)).isEqualTo("hm");
    assertThat(reading.text()).isEqualTo("ab");
    assertThat(reading.result().containsKey("malformed")).isFalse();
  }

  @ParameterizedTest
  @MethodSource("dialects")
  void noiseAloneIsNoAnswer(String dialect) {
    Reading reading = new Reading(dialect).more(noise(dialect));
    assertThat(reading.over()).isFalse();
    assertThat(reading.end().failure()).isNotNull();
  }

  @ParameterizedTest
  @MethodSource("dialects")
  void brokenJsonIsFatalFirstAndCountedLater(String dialect) {
    Buffer broken = Streams.event(dialect, "{\"a\":");
    assertThat(new Reading(dialect).more(broken).failure().kind())
        .isEqualTo(FailureKind.SERVER_ERROR);
    Reading later =
        Reading.of(
            dialect,
            Streams.all(Streams.text(dialect, "\"a\""), broken, broken, Streams.end(dialect)));
    assertThat(later.result().getInteger("malformed")).isEqualTo(2);
  }

  @Test
  void commentsBeforeThePayloadInTheSameEventAreSkipped() {
    String body = "data: : keepalive\ndata::\n" + Sse.text("a") + Sse.finish("stop") + Sse.DONE;
    Reading reading = Reading.of("openai", body.replace("[DONE]", " [DONE] "));
    assertThat(reading.text()).isEqualTo("a");
    assertThat(reading.finish()).isEqualTo("stop");
  }

  @ParameterizedTest
  @MethodSource("dialects")
  void aTokenThatIsANumberKeepsItsDigits(String dialect) {
    Buffer body = Buffer.buffer();
    for (BlockKind kind : List.of(BlockKind.REASONING, BlockKind.TEXT)) {
      for (String number : NUMBERS) {
        for (String literal : List.of(number, "\" \"")) {
          body.appendBuffer(
              kind == BlockKind.TEXT
                  ? Streams.text(dialect, literal)
                  : Streams.reasoning(dialect, literal));
        }
      }
    }
    Reading reading = Reading.of(dialect, body.appendBuffer(Streams.end(dialect)));
    String expected = String.join(" ", NUMBERS) + " ";
    assertThat(reading.finish()).isEqualTo("stop");
    assertThat(reading.text()).isEqualTo(expected);
    assertThat(reading.text(BlockKind.REASONING)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          openai | {"choices":[{"message":{"content":1.10},"finish_reason":"stop"}]}
          openai-responses | {"object":"response","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":1.10}]}]}
          anthropic | {"type":"message","content":[{"text":1.10}],"stop_reason":"end_turn"}
          gemini | {"candidates":[{"content":{"parts":[{"text":1.10}]},"finishReason":"STOP"}]}
          ollama | {"message":{"content":1.10},"done":true}
          cohere | {"message":{"content":[{"text":1.10}]},"finish_reason":"COMPLETE"}
          cloudflare | {"result":{"response":1.10},"success":true}
          cloudflare | {"result":{"choices":[{"message":{"content":1.10},"finish_reason":"stop"}]},"success":true}
          bedrock | {"output":{"message":{"content":[{"text":1.10}]}},"stopReason":"end_turn"}
          """)
  void soDoesAWholeAnswer(String dialect, String body) {
    assertThat(Reading.of(dialect, body).text()).isEqualTo("1.10");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          9      | 4      | 9 | 4
          "9"    | "4"    | 9 | 4
          9.0    | 4e0    | 9 | 4
          -9     | 4      | 0 | 4
          9      | -4     | 9 | 0
          9      | "-4"   | 9 | 0
          9      | "NaN"  | 9 | 0
          9      | null   | 9 | 0
          9      | [4]    | 9 | 0
          9      | {"a":4}| 9 | 0
          9      | 1e999  | 9 | 1000000000000000
          9      | 99999999999999999999 | 9 | 1000000000000000
          """)
  void countsAreNumbers(String input, String output, long in, long out) {
    for (String dialect : Dialects.names()) {
      Reading reading =
          Reading.of(
              dialect,
              Streams.all(Streams.text(dialect, "\"a\""), Streams.end(dialect, input, output)));
      assertThat(reading.usage())
          .as(dialect)
          .isEqualTo(new TokenUsage(in, out, 0, 0, 0, TokenUsage.Source.PROVIDER));
    }
  }
}
