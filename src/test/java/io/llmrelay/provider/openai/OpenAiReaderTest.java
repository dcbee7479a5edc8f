package io.llmrelay.provider.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.provider.Reading;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** What accompanies an answer, and that the fast path reads what parsing reads. */
class OpenAiReaderTest {
  private static final String END =
      "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
          + "data: [DONE]\n\n";

  private static String chunk(String choice) {
    return "data: {\"choices\":[{\"index\":0," + choice + "}]}\n\n";
  }

  private static String delta(String delta) {
    return chunk("\"delta\":" + delta);
  }

  private static String details(String... entries) {
    return delta("{\"reasoning_details\":[" + String.join(",", entries) + "]}");
  }

  @Test
  void logprobsComeWithTheirText() {
    String one =
        "{\"content\":[{\"token\":\"ö\",\"logprob\":-0.10,\"bytes\":[195,182]}],\"refusal\":null}";
    String two = "{\"content\":[{\"token\":\"\\ud83d\",\"logprob\":-1.0e-5}]}";
    Reading reading =
        Reading.of(
            "openai",
            chunk("\"delta\":{\"content\":\"a\"},\"logprobs\":" + one)
                + chunk("\"delta\":{\"content\":\"b\"},\"logprobs\":" + two)
                + chunk("\"delta\":{\"content\":\"c\"},\"logprobs\":null")
                + chunk("\"delta\":{\"content\":\"d\"},\"logprobs\":null")
                + END);
    assertThat(reading.text()).isEqualTo("abcd");
    assertThat(reading.blocks().of(BlockKind.DATA).stream().map(each -> each.content()))
        .as("as they were received")
        .containsExactly(one + "\n" + two + "\n");
    assertThat(reading.blocks().data("logprobs")).hasSize(2);
  }

  @Test
  void annotationsAreData() {
    String one = "[{\"type\":\"url_citation\",\"url_citation\":{\"url\":\"https://a.example\"}}]";
    Reading reading =
        Reading.of(
            "openai",
            delta("{\"content\":\"a\",\"annotations\":" + one + "}")
                + delta("{\"content\":\"b\",\"annotations\":[]}")
                + END);
    assertThat(reading.text()).isEqualTo("ab");
    assertThat(reading.blocks().data("annotations")).containsExactly(new JsonArray(one));
    Reading whole =
        Reading.of(
            "openai",
            "{\"choices\":[{\"message\":{\"content\":\"a\",\"annotations\":"
                + one
                + "},\"finish_reason\":\"stop\"}]}");
    assertThat(whole.blocks().data("annotations")).containsExactly(new JsonArray(one));
  }

  @Test
  void aValueHasNoLineBreaks() {
    String pretty = delta("{\"content\":\"a\",\"annotations\":[\ndata: {\"a\":\ndata: 1}]}");
    Reading reading = Reading.of("openai", pretty + END);
    assertThat(reading.blocks().of(BlockKind.DATA).get(0).content().lines()).hasSize(1);
    assertThat(reading.blocks().data("annotations")).containsExactly(new JsonArray("[{\"a\":1}]"));
  }

  @Test
  void citationsOfEveryChunkAreOneList() {
    String chunk =
        "data: {\"citations\":[\"https://a.example\"],\"choices\":[{\"delta\":{\"content\":\"%s\"}}]}\n\n";
    Reading reading =
        Reading.of(
            "openai", chunk.formatted("a") + chunk.formatted("b") + chunk.formatted("") + END);
    assertThat(reading.text()).isEqualTo("ab");
    assertThat(reading.blocks().data("citations"))
        .containsExactly(new JsonArray("[\"https://a.example\"]"));
  }

  @Test
  void fragmentsOfReasoningDetailsBecomeWholeEntries() {
    Reading reading =
        Reading.of(
            "openai",
            details(
                    "{\"type\":\"reasoning.text\",\"text\":\"Let \",\"format\":\"anthropic-claude-v1\",\"index\":0}")
                + details("{\"type\":\"reasoning.text\",\"text\":\"me.\",\"index\":0}")
                + details("{\"type\":\"reasoning.text\",\"signature\":\"s1\",\"index\":0}")
                + details(
                    "{\"type\":\"reasoning.summary\",\"summary\":\"In \",\"index\":1}",
                    "{\"type\":\"reasoning.summary\",\"summary\":\"short\",\"index\":1}")
                + delta("{\"content\":\"t\"}")
                + details(
                    "{\"type\":\"reasoning.encrypted\",\"data\":\"x1\",\"id\":\"rs_1\",\"index\":2}",
                    "{\"type\":\"reasoning.encrypted\",\"data\":\"x2\",\"id\":\"rs_2\",\"index\":2}")
                + END);
    assertThat(reading.text()).isEqualTo("t");
    assertThat(reading.text(BlockKind.REASONING)).isEqualTo("Let me.In short");
    assertThat(reading.blocks().data("reasoning_details"))
        .containsExactly(
            new JsonArray(
                "[{\"type\":\"reasoning.text\",\"text\":\"Let me.\",\"format\":\"anthropic-claude-v1\","
                    + "\"index\":0,\"signature\":\"s1\"},"
                    + "{\"type\":\"reasoning.summary\",\"summary\":\"In short\",\"index\":1},"
                    + "{\"type\":\"reasoning.encrypted\",\"data\":\"x1\",\"id\":\"rs_1\",\"index\":2},"
                    + "{\"type\":\"reasoning.encrypted\",\"data\":\"x2\",\"id\":\"rs_2\",\"index\":2}]"));
  }

  @Test
  void detailsThatRepeatTheReasoningAreDataAllTheSame() {
    Reading reading =
        Reading.of(
            "openai",
            delta(
                    "{\"reasoning\":\"hm\",\"reasoning_details\":"
                        + "[{\"type\":\"reasoning.text\",\"text\":\"hm\",\"index\":0}]}")
                + delta("{\"content\":\"t\"}")
                + END);
    assertThat(reading.text(BlockKind.REASONING)).isEqualTo("hm");
    assertThat(reading.blocks().data("reasoning_details"))
        .containsExactly(
            new JsonArray("[{\"type\":\"reasoning.text\",\"text\":\"hm\",\"index\":0}]"));
  }

  @Test
  void noMoreThanABoundIsKeptOfDetails() {
    Reading reading = new Reading("openai");
    String text = "x".repeat(60_000);
    for (int i = 0; i < 40; i++) {
      reading.more(details("{\"type\":\"reasoning.text\",\"text\":\"" + text + "\",\"index\":0}"));
    }
    assertThat(reading.blocks().data("reasoning_details")).hasSize(2);
    reading.more(END).end();
    long length =
        reading.blocks().data("reasoning_details").stream()
            .flatMap(array -> ((JsonArray) array).stream())
            .mapToLong(entry -> ((JsonObject) entry).getString("text").length())
            .sum();
    assertThat(length).isEqualTo(40 * 60_000);
  }

  /** A field that differs in every chunk keeps the template from matching. */
  @Property(tries = 3_000)
  void theFastPathReadsWhatParsingReads(@ForAll("deltas") List<String> deltas) {
    StringBuilder same = new StringBuilder();
    StringBuilder different = new StringBuilder();
    for (int i = 0; i < deltas.size(); i++) {
      same.append(delta(deltas.get(i)));
      different.append(chunk("\"padding\":" + i + ",\"delta\":" + deltas.get(i)));
    }
    assertThat(outcome(same + END)).isEqualTo(outcome(different + END));
  }

  private static List<Object> outcome(String body) {
    Reading reading = Reading.of("openai", body);
    List<Object> outcome = new ArrayList<>();
    outcome.add(reading.finish());
    reading.blocks().of(BlockKind.TOOL_CALL).forEach(call -> outcome.add(call.content()));
    outcome.add(reading.text());
    outcome.add(reading.text(BlockKind.REASONING));
    return outcome;
  }

  @Provide
  Arbitrary<List<String>> deltas() {
    Arbitrary<String> text =
        Arbitraries.of(
            "", "a", "Hello", "\\n", "\\\"", "\\\\", "ö", "\\u0041", "\\ud83d", "\\ude00");
    Arbitrary<String> arguments =
        Arbitraries.of(
            "{\\\"a\\\":\\\"", "b", "c\\\\\\\"", "ö", "\\\"}", "{}", "", "\\ud83d", "\\ude00");
    Arbitrary<String> content = text.map(t -> "{\"content\":\"" + t + "\"}");
    Arbitrary<String> reasoning = text.map(t -> "{\"reasoning_content\":\"" + t + "\"}");
    Arbitrary<String> call =
        Combinators.combine(
                Arbitraries.of("\"index\":0,", "\"index\":0,", "\"index\":1,", ""),
                Arbitraries.of("", "", "", "", "\"id\":\"a\",", "\"id\":\"b\","),
                Arbitraries.of("", "", "", "", "\"name\":\"f\",", "\"name\":\"g\","),
                arguments)
            .as(
                (index, id, name, fragment) ->
                    "{\"tool_calls\":[{"
                        + index
                        + id
                        + "\"function\":{"
                        + name
                        + "\"arguments\":\""
                        + fragment
                        + "\"}}]}");
    return Arbitraries.oneOf(content, reasoning, call, call, call).list().ofMaxSize(14);
  }
}
