package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.error.ErrorClassifier;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Tests that a chunk that matches the template reads like a parsed one. */
class TemplatedChunksTest {
  private static final BackendOptions OPTIONS = new BackendOptions().setDialect("openai");

  /** A reader with a template reads every chunk like a new reader, which has none. */
  @Property(tries = 2_000)
  void matchingChunksReadLikeParsedOnesOpenAi(@ForAll("openAi") List<String> chunks) {
    assertThat(read("openai", chunks, false)).isEqualTo(read("openai", chunks, true));
  }

  @Property(tries = 2_000)
  void matchingChunksReadLikeParsedOnesAnthropic(@ForAll("anthropic") List<String> chunks) {
    assertThat(read("anthropic", chunks, false)).isEqualTo(read("anthropic", chunks, true));
  }

  @Provide
  Arbitrary<List<String>> openAi() {
    Arbitrary<String> common = Arbitraries.of("\"id\":\"a\"", "\"id\":\"b\"", "\"usage\":null");
    Arbitrary<String> choice =
        Combinators.combine(index(), delta("content", "reasoning_content", "role"), finish())
            .as((i, d, f) -> "{" + i + ",\"delta\":{" + d + "}," + f + "}");
    return Combinators.combine(common, choice, tail())
        .as((c, one, t) -> "{" + c + ",\"choices\":[" + one + "]" + t + "}")
        .list()
        .ofMaxSize(12);
  }

  @Provide
  Arbitrary<List<String>> anthropic() {
    return Combinators.combine(
            Arbitraries.of("content_block_delta", "content_block_start", "message_delta"),
            delta("text", "thinking", "type"),
            tail())
        .as((type, d, t) -> "{\"type\":\"" + type + "\",\"delta\":{" + d + "}" + t + "}")
        .list()
        .ofMaxSize(12);
  }

  private static Arbitrary<String> index() {
    return Arbitraries.of("\"index\":0", "\"index\":0", "\"index\":1");
  }

  private static Arbitrary<String> finish() {
    return Arbitraries.of("\"finish_reason\":null", "\"finish_reason\":null", "\"logprobs\":null");
  }

  private static Arbitrary<String> tail() {
    return Arbitraries.of("", "", "", ",\"x\":\"y\"", " ");
  }

  /** Mostly one field, so that matches are frequent; some values need escapes. */
  private static Arbitrary<String> delta(String often, String seldom, String other) {
    Arbitrary<String> field = Arbitraries.of(often, often, often, seldom, other);
    Arbitrary<String> text =
        Arbitraries.of("", "a", "Hello", "\\n", "\\\"", "ö", "\\ud83d", "\\ude00", "\",\"", "}");
    return Combinators.combine(field, text, text)
        .as(
            (f, one, two) ->
                "\"" + f + "\":" + (one.equals("\",\"") ? "null" : "\"" + one + two + "\""));
  }

  private static List<String> read(String dialect, List<String> chunks, boolean alwaysNew) {
    Answer answer = new Answer(new ErrorClassifier(OPTIONS, Clock.systemUTC()));
    Dialect.Reader reader = Dialects.of(dialect).reader(answer, OPTIONS);
    List<String> pieces = new ArrayList<>();
    for (String chunk : chunks) {
      byte[] bytes = ("data: " + chunk).getBytes(StandardCharsets.UTF_8);
      Dialect.Reader now = alwaysNew ? Dialects.of(dialect).reader(answer, OPTIONS) : reader;
      try {
        now.event(null, bytes, "data: ".length(), bytes.length);
      } catch (IOException e) {
        pieces.add("malformed");
      }
      answer.drain(some -> pieces.add(some.kind() + some.data().toString() + some.count()));
    }
    return pieces;
  }
}
