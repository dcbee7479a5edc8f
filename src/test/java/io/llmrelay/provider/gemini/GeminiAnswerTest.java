package io.llmrelay.provider.gemini;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ContentBlock;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.provider.Reading;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What comes of an answer beside its text: tool calls, signatures, sources, probabilities. */
class GeminiAnswerTest {

  private static String chunk(String parts, String more) {
    return ("data: {\"candidates\": [{\"content\": {\"parts\": [" + parts + "]}" + more + "}]}")
            .replace('\'', '"')
        + "\r\n\r\n";
  }

  private static String stop(String parts) {
    return chunk(parts, ", 'finishReason': 'STOP'");
  }

  private static Reading read(String... chunks) {
    return Reading.of("gemini", String.join("", chunks));
  }

  @Test
  void readsCallsWhereverTheBodyIsCut() {
    Buffer body =
        Buffer.buffer(
            chunk("{'text': 'Gr\u00fc\u00dfe', 'thought': true}", "")
                + chunk(
                    "{'functionCall': {'name': 'a', 'args': {'x': [1.10, 1e3], 'y': {'z': '\u00e4'}}},"
                        + " 'thoughtSignature': 'U0lH'}, {'functionCall': {'name': 'b', 'args': {}}}",
                    "")
                + stop("{'functionCall': {'id': 'own', 'name': 'a'}}"));
    for (int at = 0; at <= body.length(); at++) {
      Reading reading = Reading.cut("gemini", body, at);
      assertThat(reading.blocks().calls())
          .containsExactly("a({\"x\":[1.10,1e3],\"y\":{\"z\":\"\u00e4\"}})", "b({})", "a({})");
      List<String> ids = reading.blocks().callIds();
      assertThat(ids).doesNotHaveDuplicates().doesNotContainNull().endsWith("own");
      assertThat(ids.get(0)).startsWith("call_");
      List<ContentBlock> calls = reading.blocks().of(BlockKind.TOOL_CALL);
      assertThat(calls.get(0).block().extra())
          .isEqualTo(new JsonObject("{\"google\":{\"thought_signature\":\"U0lH\"}}"));
      assertThat(calls.get(1).block().extra()).isNull();
      assertThat(reading.finish()).isEqualTo("tool_calls");
    }
  }

  @Test
  void readsCallsOfAWholeAnswer() {
    Reading reading =
        read(
            "{\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"I look\"},"
                + " {\"functionCall\": {\"name\": \"f\", \"args\": {\"a\": null}}}]},"
                + " \"finishReason\": \"STOP\"}]}");
    assertThat(reading.text()).isEqualTo("I look");
    assertThat(reading.blocks().calls()).containsExactly("f({\"a\":null})");
    assertThat(reading.finish()).isEqualTo("tool_calls");
  }

  @Test
  void anAnswerThatIsTooLongIsNoToolCall() {
    Reading reading =
        read(chunk("{'functionCall': {'name': 'f'}}", ", 'finishReason': 'MAX_TOKENS'"));
    assertThat(reading.finish()).isEqualTo("length");
  }

  @ParameterizedTest
  @ValueSource(strings = {"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS"})
  void aCallThatGeminiRejectsIsMalformed(String reason) {
    Reading reading = read(chunk("{'text': 'Hi'}", ", 'finishReason': '" + reason + "'"));
    assertThat(reading.failure().kind()).isEqualTo(FailureKind.MALFORMED_TOOL_CALL);
    assertThat(reading.failure().message()).contains(reason);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'args': {}}",
        "{'name': 'f', 'willContinue': true}",
        "{'name': 'f', 'partialArgs': [{'jsonPath': '$.a', 'stringValue': 'x'}]}"
      })
  void aCallThatIsNotWholeIsMalformed(String call) {
    Reading reading = read(stop("{'functionCall': " + call + "}"));
    assertThat(reading.failure().kind()).isEqualTo(FailureKind.MALFORMED_TOOL_CALL);
  }

  @Test
  void aLostConnectionAfterACallIsAFailure() {
    Reading reading = new Reading("gemini").more(stop("{'functionCall': {'name': 'f'}}")).lost();
    assertThat(reading.failure().kind()).isEqualTo(FailureKind.NETWORK);
  }

  @Test
  void signaturesOfTextsAndThoughtsAreDetails() {
    Reading reading =
        read(
            chunk("{'text': 'Hm', 'thought': true, 'thoughtSignature': 'QQ=='}", ""),
            chunk("{'text': 'Hel'}", ""),
            stop(
                "{'text': 'lo', 'thoughtSignature': 'Qg=='}, {'text': '', 'thoughtSignature': 'Qw=='}"));
    assertThat(reading.text()).isEqualTo("Hello");
    assertThat(reading.text(BlockKind.REASONING)).isEqualTo("Hm");
    assertThat(reading.blocks().data("reasoning_details"))
        .containsExactly(
            new JsonArray(
                "[{\"type\":\"reasoning.text\",\"text\":\"Hm\",\"signature\":\"QQ==\","
                    + "\"format\":\"google-gemini-v1\",\"index\":0}]"),
            new JsonArray(
                "[{\"type\":\"reasoning.encrypted\",\"data\":\"Qg==\","
                    + "\"format\":\"google-gemini-v1\",\"index\":1}]"),
            new JsonArray(
                "[{\"type\":\"reasoning.encrypted\",\"data\":\"Qw==\","
                    + "\"format\":\"google-gemini-v1\",\"index\":2}]"));
    assertThat(reading.finish()).isEqualTo("stop");
  }

  @Test
  void sourcesAreAnnotationsWithPositionsInCharacters() {
    String grounding =
        ", 'groundingMetadata': {'groundingChunks': ["
            + "{'web': {'uri': 'https://a.example/', 'title': 'a'}},"
            + "{'maps': {'uri': 'https://b.example/'}}, {'image': {'sourceUri': 'https://c.example/'}}],"
            + "'groundingSupports': [{'segment': {'startIndex': 2, 'endIndex': 8},"
            + " 'groundingChunkIndices': [0, 1, 9, -1]}, 7]}";
    Reading reading =
        read(
            chunk("{'text': 'no', 'thought': true}, {'text': '\u00fc'}", ""),
            chunk("{'text': 'b\ud83d\ude00er'}", ", 'finishReason': 'STOP'" + grounding));
    assertThat(reading.text()).isEqualTo("\u00fcb\ud83d\ude00er");
    assertThat(reading.blocks().data("annotations"))
        .containsExactly(
            new JsonArray()
                .add(annotation(1, 5, "https://a.example/", "a"))
                .add(annotation(1, 5, "https://b.example/", ""))
                .add(annotation(0, 0, "https://c.example/", "")));
  }

  private static JsonObject annotation(int start, int end, String url, String title) {
    return new JsonObject()
        .put("type", "url_citation")
        .put(
            "url_citation",
            new JsonObject()
                .put("start_index", start)
                .put("end_index", end)
                .put("url", url)
                .put("title", title));
  }

  @Test
  void probabilitiesAreLogprobs() {
    Reading reading =
        read(
            chunk(
                "{'text': 'Hi'}",
                ", 'finishReason': 'STOP', 'logprobsResult': {"
                    + "'chosenCandidates': [{'token': 'Hi', 'logProbability': -0.5}],"
                    + "'topCandidates': [{'candidates': [{'token': 'Ho', 'logProbability': -1}]}]}"));
    assertThat(reading.blocks().data("logprobs"))
        .containsExactly(
            new JsonObject(
                "{\"content\":[{\"token\":\"Hi\",\"logprob\":-0.5,\"bytes\":null,"
                    + "\"top_logprobs\":[{\"token\":\"Ho\",\"logprob\":-1.0,\"bytes\":null}]}]}"));
  }

  @Test
  void anImageIsPassedOn() {
    Reading reading =
        read(
            stop(
                "{'text': 'A dog:'}, {'inlineData': {'mimeType': 'image/png', 'data': 'iVBO'}},"
                    + " {'executableCode': {'code': 'x'}}"));
    assertThat(reading.text()).isEqualTo("A dog:");
    assertThat(reading.blocks().data("images"))
        .containsExactly(
            new JsonArray(
                "[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,iVBO\"}}]"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {'functionCall': 7}
          {'functionCall': {'name': 7}}
          {'text': {}}, 7, null, {'inlineData': 'x'}, {'thoughtSignature': 7}
          """)
  void oddPartsAreNoTextAndNoHang(String parts) {
    Reading reading = read(stop(parts));
    assertThat(reading.text()).isEmpty();
    assertThat(reading.over()).isTrue();
  }
}
