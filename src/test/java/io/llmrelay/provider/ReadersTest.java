package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.provider.error.ErrorClassifier;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the readers of the dialects make of bodies, without a network. */
class ReadersTest {
  private Answer answer;
  private AnswerDecoder decoder;

  private final List<String> pieces = new ArrayList<>();

  private void read(String dialect, String... bodies) {
    begin(dialect);
    for (String body : bodies) {
      decoder.read(Buffer.buffer(body));
      answer.drain(chunks -> pieces.add(chunks.kind().code() + ":" + chunks.data()));
    }
  }

  private void begin(String dialect) {
    var options = Rig.options(dialect, null);
    answer = new Answer(new ErrorClassifier(options, Clock.systemUTC()));
    decoder = new AnswerDecoder(Dialects.of(dialect).reader(answer, options), answer);
  }

  /** Reads a body to its end. */
  private void readAll(String dialect, String body) {
    read(dialect, body);
    decoder.end();
    answer.drain(chunks -> pieces.add(chunks.kind().code() + ":" + chunks.data()));
  }

  private JsonObject end() {
    assertThat(answer.failure()).isNull();
    assertThat(answer.complete()).isTrue();
    return answer.result().toJson();
  }

  private static String choices(String choices) {
    return Sse.data("{\"choices\":[" + choices + "]}");
  }

  @Test
  void onlyTheFirstChoiceCountsWhereverItsNumberStands() {
    read(
        "openai",
        choices(
                "{\"delta\":{\"content\":\"no\",\"reasoning\":\"no\"},\"finish_reason\":\"length\",\"index\":1}")
            + choices("{\"delta\":{\"content\":\"a\"},\"index\":0}")
            + choices(
                "{\"index\":2,\"delta\":{\"tool_calls\":[{}]}},{\"index\":0,\"delta\":{\"content\":\"b\"}},"
                    + "{\"index\":1,\"delta\":{\"content\":\"no\"}}")
            + Sse.finish("stop")
            + Sse.DONE);
    assertThat(pieces).containsExactly("text:ab");
    assertThat(end().getString("finish_reason")).isEqualTo("stop");
  }

  @Test
  void reasoningSaidTwiceIsReadOnce() {
    read(
        "openai",
        choices("{\"delta\":{\"reasoning\":\"r\",\"reasoning_content\":\"r\",\"content\":\"t\"}}")
            + choices("{\"delta\":{\"reasoning\":\"s\",\"reasoning_content\":\"\"}}"));
    assertThat(pieces).containsExactly("reasoning:r", "text:t", "reasoning:s");
  }

  private static String details(String fields, String... entries) {
    return choices(
        "{\"delta\":{" + fields + "\"reasoning_details\":[" + String.join(",", entries) + "]}}");
  }

  @Test
  void detailsOfReasoningAreReasoning() {
    read(
        "openai",
        details("", "{\"type\":\"reasoning.text\",\"text\":\"a\",\"signature\":null}")
            + details(
                "\"reasoning\":null,\"content\":\"\",",
                "{\"type\":\"reasoning.summary\",\"summary\":\"b\",\"index\":0}",
                "7",
                "{\"type\":\"reasoning.encrypted\",\"data\":\"no\"}",
                "{\"type\":\"reasoning.text\",\"text\":\"c\"}")
            + details("\"content\":\"t\",", "{\"type\":\"reasoning.text\",\"text\":\"d\"}"));
    assertThat(pieces).containsExactly("reasoning:abcd", "text:t");
  }

  @ParameterizedTest
  @ValueSource(strings = {"reasoning", "reasoning_content"})
  void detailsThatRepeatTheReasoningAreNotReadTwice(String field) {
    read(
        "openai",
        details("\"" + field + "\":\"a\",", "{\"text\":\"a\"}")
            + choices(
                "{\"delta\":{\"reasoning_details\":[{\"text\":\"b\"}],\"" + field + "\":\"b\"}}")
            + details("", "{\"text\":\"ab\",\"signature\":\"s\"}")
            + Sse.text("t"));
    assertThat(pieces).containsExactly("reasoning:ab", "text:t");
  }

  @Test
  void thinkingPartsAreReasoning() {
    read(
        "openai",
        choices(
            "{\"delta\":{\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"a\"},[]]},"
                + "[\"x\"],7,{\"type\":\"text\",\"text\":\"b\"},{\"type\":\"reference\",\"ids\":[1]}]}}"));
    assertThat(pieces).containsExactly("reasoning:a", "text:b");
  }

  @Test
  void unknownShapesAreSkipped() {
    read(
        "openai",
        Sse.data("{\"choices\":null,\"usage\":null,\"model\":7,\"x_groq\":[],\"error\":null}")
            + Sse.data("{\"choices\":[null,[],{\"delta\":null},{\"delta\":[]}]}")
            + Sse.data(
                "{\"choices\":[{\"delta\":{\"content\":{\"a\":[{}]},\"tool_calls\":[[[]],[]],\"refusal\":[1]}}]}")
            + Sse.data("{\"padding\":{\"choices\":[{\"delta\":{\"content\":\"no\"}}]}}")
            + Sse.text("x")
            + Sse.finish("")
            + Sse.finish(null)
            + Sse.finish("tool_calls")
            + Sse.DONE);
    assertThat(pieces).containsExactly("text:x");
    assertThat(end().getInteger("malformed")).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "stop, stop",
    "length, length",
    "model_length, length",
    "tool_calls, stop",
    "function_call, stop",
    "content_filter, content_filter",
    "eos_token, stop"
  })
  void finishReasonsOfOpenAi(String theirs, String ours) {
    read("openai", Sse.text("x") + Sse.finish(theirs) + Sse.DONE);
    assertThat(end().getString("finish_reason")).isEqualTo(ours);
  }

  @ParameterizedTest
  @CsvSource({"error, server_error", "insufficient_system_resource, overloaded"})
  void finishReasonsThatAreFailures(String reason, String kind) {
    read("openai", Sse.text("x") + Sse.finish(reason) + Sse.DONE);
    assertThat(answer.failure().kind().code()).isEqualTo(kind);
  }

  @ParameterizedTest
  @CsvSource({
    "end_turn, stop",
    "stop_sequence, stop",
    "pause_turn, length",
    "max_tokens, length",
    "model_context_window_exceeded, length",
    "tool_use, tool_calls",
    "refusal, content_filter"
  })
  void finishReasonsOfAnthropic(String theirs, String ours) {
    read(
        "anthropic",
        Sse.data("{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"" + theirs + "\"}}")
            + Sse.data("{\"type\":\"message_stop\"}"));
    assertThat(end().getString("finish_reason")).isEqualTo(ours);
  }

  @Test
  void usageOfAnthropicIsMergedAndCountsTheCache() {
    read(
        "anthropic",
        Sse.data(
                "{\"type\":\"message_start\",\"message\":{\"model\":\"m\",\"usage\":{\"input_tokens\":10,"
                    + "\"cache_read_input_tokens\":5,\"cache_creation_input_tokens\":3,\"output_tokens\":1}}}")
            + Sse.data(
                "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{"
                    + "\"cache_read_input_tokens\":0,\"output_tokens\":9,\"output_tokens_details\":{\"thinking_tokens\":4}}}")
            + Sse.data("{\"type\":\"message_stop\"}"));
    JsonObject usage = end().getJsonObject("usage");
    assertThat(usage.getInteger("input_tokens")).isEqualTo(18);
    assertThat(usage.getInteger("cached_input_tokens")).isEqualTo(5);
    assertThat(usage.getInteger("cache_write_tokens")).isEqualTo(3);
    assertThat(usage.getInteger("output_tokens")).isEqualTo(9);
    assertThat(usage.getInteger("reasoning_tokens")).isEqualTo(4);
  }

  @Test
  void onlyTextAndThinkingOfAnthropicAreChunks() {
    read(
        "anthropic",
        Sse.data(
                "{\"type\":\"content_block_delta\",\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"a\"}}")
            + Sse.data(
                "{\"type\":\"content_block_delta\",\"delta\":{\"type\":\"signature_delta\",\"signature\":\"no\"}}")
            + Sse.data(
                "{\"type\":\"content_block_delta\",\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"no\"}}")
            + Sse.data("{\"type\":\"ping\",\"text\":\"no\"}")
            + Sse.data(
                "{\"delta\":{\"type\":\"text_delta\",\"text\":\"b\"},\"type\":\"content_block_delta\"}"));
    assertThat(pieces).containsExactly("reasoning:a", "text:b");
  }

  @Test
  void anErrorWinsOverTheRestOfItsPayload() {
    read(
        "openai",
        Sse.data(
                "{\"choices\":[{\"delta\":{\"content\":\"no\"},\"finish_reason\":\"stop\"}],\"error\":{\"code\":429}}")
            + Sse.DONE);
    assertThat(pieces).isEmpty();
    assertThat(answer.failure().kind()).isEqualTo(FailureKind.RATE_LIMITED);
    assertThat(answer.failure().status()).isEqualTo(429);
  }

  @Test
  void anErrorWinsOverAnEarlierFinishReason() {
    read("openai", Sse.text("x") + Sse.finish("length") + Sse.error(new JsonObject()) + Sse.DONE);
    assertThat(answer.failure().kind()).isEqualTo(FailureKind.SERVER_ERROR);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "event: error\ndata: {\"message\":\"x\",\"code\":\"rate_limit_exceeded\"}\n\n",
        "data: {\"error\":{\"code\":\"rate_limit_exceeded\"}}\n\n",
        "error: {\"error\":{\"code\":\"rate_limit_exceeded\"}}\n\n",
        "{\"error\":{\"code\":\"rate_limit_exceeded\"}}\n\n",
        "data: {\"object\":\"error\",\"code\":\"rate_limit_exceeded\"}\n\n",
        "data: {\"x_groq\":{\"error\":\"x\"},\"code\":\"rate_limit_exceeded\"}\n\n",
      })
  void errorsOfEveryForm(String error) {
    read("openai", Sse.text("x") + error);
    assertThat(answer.failure().kind()).isEqualTo(FailureKind.RATE_LIMITED);
    assertThat(pieces).containsExactly("text:x");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\n  \"error\": {\n    \"code\": \"rate_limit_exceeded\"\n  }\n}",
        "[{\"error\":{\"code\":\"rate_limit_exceeded\"}}]",
        "data: {\"error\":{\"code\":\"rate_limit_exceeded\"}}",
        "error: {\"error\":{\"code\":\"rate_limit_exceeded\"}}\n"
      })
  void errorsThatTheEndCuts(String error) {
    readAll("openai", Sse.text("x") + error);
    assertThat(answer.failure().kind()).isEqualTo(FailureKind.RATE_LIMITED);
    readAll("openai", error);
    assertThat(answer.failure().kind()).isEqualTo(FailureKind.RATE_LIMITED);
  }

  @Test
  void anUnfinishedEventIsNoSuccess() {
    String unfinished = Sse.finish("stop");
    readAll("openai", Sse.text("x") + unfinished.substring(0, unfinished.length() - 1));
    assertThat(answer.failure().kind()).isEqualTo(FailureKind.NETWORK);
    assertThat(pieces).containsExactly("text:x");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"choices\":[{\"delta\":{\"content\":\"no\"",
        "[]",
        "{\"a\":1,}",
        "{\"a\":\u0001}"
      })
  void malformedPayloadsAreFatalFirstAndCountedLater(String payload) {
    read("openai", Sse.data(payload));
    assertThat(answer.failure().kind()).isEqualTo(FailureKind.SERVER_ERROR);
    pieces.clear();
    read(
        "openai",
        Sse.text("x") + Sse.data(payload) + Sse.text("y") + Sse.finish("stop") + Sse.DONE);
    assertThat(pieces).containsExactly("text:xy");
    assertThat(end().getInteger("malformed")).isEqualTo(1);
  }

  @Test
  void usageIsReadWhereverItStands() {
    String finish = "\"delta\":{},\"finish_reason\":\"stop\"";
    String counts =
        "\"usage\":{\"prompt_tokens\":1336,\"completion_tokens\":31,\"cached_tokens\":1280}";
    String zero = "\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0}";
    for (String body :
        List.of(
            choices("{" + finish + "," + counts + "}"),
            choices("{" + counts + "," + finish + ",\"index\":0}"),
            choices("{" + finish + "}") + Sse.data("{\"x_groq\":{" + counts + "}}"),
            Sse.data("{\"choices\":[{" + finish + "," + counts + "}]," + zero + "}"),
            Sse.data("{" + counts + ",\"x_groq\":{" + zero + "},\"choices\":[{" + finish + "}]}"),
            Sse.data("{" + counts + "}") + choices("{" + finish + "}") + Sse.data("{" + zero + "}"),
            choices("{" + finish + "," + counts + "}") + Sse.data("{\"usage\":{}}"))) {
      pieces.clear();
      read("openai", Sse.text("x") + body + Sse.DONE);
      assertThat(end().getJsonObject("usage"))
          .as(body)
          .isEqualTo(new TokenUsage(1336, 31, 1280, 0, 0, TokenUsage.Source.PROVIDER).toJson());
    }
  }

  @Test
  void usageOnEveryChunkIsCumulativeAndOtherChoicesHaveTheirOwn() {
    String chunk =
        "{\"choices\":[{\"delta\":{\"content\":\"x\"}}],"
            + "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":%d}}";
    read(
        "openai",
        Sse.data(chunk.formatted(1))
            + Sse.data(chunk.formatted(2))
            + choices("{\"usage\":{\"prompt_tokens\":99},\"delta\":{},\"index\":1}")
            + Sse.data(chunk.formatted(3))
            + Sse.finish("stop")
            + Sse.DONE);
    assertThat(pieces).containsExactly("text:xxx");
    assertThat(end().getJsonObject("usage"))
        .isEqualTo(new TokenUsage(9, 3, 0, 0, 0, TokenUsage.Source.PROVIDER).toJson());
  }

  @Test
  void theServersTotalTellsWhetherReasoningIsOutput() {
    String usage =
        "{\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":2,\"total_tokens\":%d,"
            + "\"completion_tokens_details\":{\"reasoning_tokens\":20}}}";
    read("openai", Sse.finish("stop") + Sse.data(usage.formatted(32)) + Sse.DONE);
    assertThat(end().getJsonObject("usage").getInteger("output_tokens")).isEqualTo(22);
    read("openai", Sse.finish("stop") + Sse.data(usage.formatted(12)) + Sse.DONE);
    assertThat(end().getJsonObject("usage").getInteger("output_tokens")).isEqualTo(2);
  }

  @Test
  void wholeAnswersAreAccepted() {
    readAll(
        "openai",
        " \n{\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"Hi\","
            + "\"reasoning_content\":\"r\"},\"finish_reason\":\"length\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}");
    assertThat(pieces).containsExactly("reasoning:r", "text:Hi");
    assertThat(end().getString("finish_reason")).isEqualTo("length");
    pieces.clear();
    readAll(
        "anthropic",
        "{\"type\":\"message\",\"model\":\"m\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"r\"},{\"type\":\"text\",\"text\":\"Hi\"}],"
            + "\"stop_reason\":\"max_tokens\",\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}");
    assertThat(pieces).containsExactly("reasoning:r", "text:Hi");
    assertThat(end().getString("finish_reason")).isEqualTo("length");
    assertThat(end().getJsonObject("usage").getInteger("output_tokens")).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          <html>Sign in</html>                   | server_error
          Welcome to nginx                       | server_error
          {"hello":"world"}                      | server_error
          {"choices":[]}                         | server_error
          {"broken                               | server_error
          {"message":"x","code":"queue_exceeded"} | overloaded
          {"error":{"code":401}}                 | authentication
          {"error":{"code":"invalid_api_key"}}   | authentication
          """)
  void bodiesThatAreNoAnswer(String body, String kind) {
    for (String dialect : Dialects.names()) {
      readAll(dialect, body);
      assertThat(answer.failure().kind().code()).as(dialect).isEqualTo(kind);
    }
  }

  @Test
  void commentsAloneAreAStreamThatWasCutOff() {
    readAll("openai", ": just a comment");
    assertThat(answer.failure().kind()).isEqualTo(FailureKind.NETWORK);
  }

  @Test
  void anEmptyBodyIsNoAnswer() {
    readAll("openai", "");
    assertThat(answer.failure().kind()).isEqualTo(FailureKind.SERVER_ERROR);
    readAll("openai", " \n ");
    assertThat(answer.failure().kind()).isEqualTo(FailureKind.SERVER_ERROR);
  }

  @Test
  void aLostConnectionIsNoEnd() {
    read("openai", Sse.text("x"));
    decoder.lost();
    assertThat(answer.failure().kind()).isEqualTo(FailureKind.NETWORK);
    read("openai", Sse.text("x") + Sse.finish("stop"));
    decoder.lost();
    assertThat(end().getString("finish_reason")).isEqualTo("stop");
  }

  @Test
  void endlessJsonIsCutOff() {
    begin("openai");
    Buffer more = Buffer.buffer("{".repeat(100_000));
    for (int i = 0; i < 10; i++) {
      decoder.read(more);
      assertThat(answer.failure()).isNull();
    }
    decoder.read(more);
    assertThat(answer.failure().kind()).isEqualTo(FailureKind.SERVER_ERROR);
  }
}
