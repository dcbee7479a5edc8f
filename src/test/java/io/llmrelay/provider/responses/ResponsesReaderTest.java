package io.llmrelay.provider.responses;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ContentBlock;
import io.llmrelay.chat.CustomCall;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.provider.Reading;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What comes of the events of a Responses API stream. */
class ResponsesReaderTest {
  private static final String COMPLETED =
      event("{'type':'response.completed','response':{'status':'completed','model':'m-1'}}");

  private static String event(String json) {
    String encoded = new JsonObject(json.replace('\'', '"')).encode();
    return "data: " + encoded + "\n\n";
  }

  private static String delta(String type, int index, String text) {
    return event(
        "{'type':'response.%s.delta','output_index':%d,'delta':'%s'}".formatted(type, index, text));
  }

  private static String item(String verb, int index, String item) {
    return event(
        "{'type':'response.output_item.%s','output_index':%d,'item':%s}"
            .formatted(verb, index, item));
  }

  private static String call(String id, String name, String arguments) {
    return "{'type':'function_call','call_id':'%s','name':'%s','arguments':'%s'}"
        .formatted(id, name, arguments.replace("'", "\\\""));
  }

  private static Reading read(String... events) {
    return Reading.of("openai-responses", String.join("", events));
  }

  @Test
  void textRefusalAndReasoning() {
    Reading reading =
        read(
            event(
                "{'response':{'tools':[{'model':'no'}],'model':'m-0'},'type':'response.created'}"),
            delta("reasoning_text", 0, "hm"),
            delta("output_text", 1, "a"),
            delta("output_text", 1, "b"),
            delta("refusal", 2, "no"),
            COMPLETED);
    assertThat(reading.text(BlockKind.REASONING)).isEqualTo("hm");
    assertThat(reading.text()).isEqualTo("ab");
    assertThat(reading.text(BlockKind.REFUSAL)).isEqualTo("no");
    assertThat(reading.finish()).isEqualTo("stop");
    assertThat(reading.result().getString("model")).isEqualTo("m-1");
  }

  @Test
  void theTypeMayBeTheNameOfTheEventOnly() {
    Reading reading =
        read(
            "event: response.output_text.delta\ndata: {\"delta\":\"a\",\"output_index\":0}\n\n",
            COMPLETED);
    assertThat(reading.text()).isEqualTo("a");
  }

  @Test
  void partsOfASummaryAreParagraphs() {
    String delta =
        "{'type':'response.reasoning_summary_text.delta','output_index':%d,"
            + "'summary_index':%d,'delta':'%s'}";
    Reading reading =
        read(
            event(delta.formatted(0, 0, "o")),
            event(delta.formatted(0, 0, "ne")),
            event(delta.formatted(0, 1, "two")),
            event(delta.formatted(1, 0, "three")),
            COMPLETED);
    assertThat(reading.text(BlockKind.REASONING)).isEqualTo("one\n\ntwo\n\nthree");
  }

  @Test
  void itemsWithoutDeltasAreReadAsAWhole() {
    String message =
        "{'type':'message','content':[{'type':'output_text','text':'a','annotations':"
            + "[{'type':'url_citation','url':'https://a.example','start_index':0}]},"
            + "{'type':'refusal','refusal':'no'}]}";
    String reasoning = "{'type':'reasoning','summary':[{'text':'x'},{'text':'y'}]}";
    String response =
        "{'object':'response','status':'completed','output':["
            + reasoning
            + ","
            + message
            + ","
            + call("c1", "f", "{}")
            + "]}";
    for (String body :
        List.of(
            item("done", 0, reasoning)
                + item("done", 1, message)
                + item("done", 2, call("c1", "f", "{}"))
                + COMPLETED,
            event("{'type':'response.completed','response':" + response + "}"),
            response.replace('\'', '"'))) {
      Reading reading = Reading.of("openai-responses", body);
      assertThat(reading.text(BlockKind.REASONING)).isEqualTo("x\n\ny");
      assertThat(reading.text()).isEqualTo("a");
      assertThat(reading.text(BlockKind.REFUSAL)).isEqualTo("no");
      assertThat(reading.blocks().calls()).containsExactly("f({})");
      assertThat(reading.finish()).isEqualTo("tool_calls");
      assertThat(reading.blocks().data("annotations"))
          .containsExactly(
              new JsonArray(
                  "[{\"type\":\"url_citation\",\"url_citation\":"
                      + "{\"url\":\"https://a.example\",\"start_index\":0}}]"));
    }
  }

  @Test
  void whatCameInDeltasIsNotReadAgain() {
    Reading reading =
        read(
            item("added", 0, "{'type':'message','content':[]}"),
            delta("output_text", 0, "a"),
            event("{'type':'response.output_text.done','output_index':0,'text':'a'}"),
            event(
                "{'type':'response.output_text.annotation.added','output_index':0,"
                    + "'annotation':{'type':'file_citation','file_id':'f'}}"),
            item(
                "done",
                0,
                "{'type':'message','content':[{'type':'output_text','text':'a','annotations':"
                    + "[{'type':'file_citation','file_id':'f'}]}]}"),
            item("added", 1, call("c1", "f", "")),
            delta("function_call_arguments", 1, "{}"),
            event(
                "{'type':'response.function_call_arguments.done','output_index':1,"
                    + "'arguments':'{}'}"),
            item("done", 1, call("c1", "f", "{}")),
            COMPLETED);
    assertThat(reading.text()).isEqualTo("a");
    assertThat(reading.blocks().calls()).containsExactly("f({})");
    assertThat(reading.blocks().callIds()).containsExactly("c1");
    assertThat(reading.blocks().data("annotations")).hasSize(1);
  }

  @Test
  void eventsHaveALimitThatHoldsAWholeAnswer() {
    String begin = "data: {\"type\":\"a_future_event\",\"x\":\"";
    String end = "\"}\n\n" + "data: {\"type\":\"response.failed\"}\n\n";
    Reading within = Reading.of("openai-responses", begin + "x".repeat(15 << 20) + end);
    assertThat(within.failure().message()).contains("failed without an error");
    Reading beyond = Reading.of("openai-responses", begin + "x".repeat(17 << 20) + end);
    assertThat(beyond.failure().message())
        .isEqualTo("an event of the stream is too long: more than 16777216 bytes");
  }

  @Test
  void interleavedCallsComeOneAfterTheOther() {
    Reading reading =
        read(
            item("added", 0, call("c1", "f", "")),
            item("added", 1, call("c2", "g", "")),
            delta("function_call_arguments", 1, "{"),
            delta("function_call_arguments", 0, "{"),
            delta("output_text", 2, "text"),
            delta("function_call_arguments", 0, "}"),
            item("done", 0, call("c1", "f", "{}")),
            delta("function_call_arguments", 1, "}"),
            item("done", 1, call("c2", "g", "{}")),
            item("added", 3, call("c3", "h", "")),
            COMPLETED);
    assertThat(reading.blocks().calls()).containsExactly("f({})", "g({})", "h({})");
    assertThat(reading.blocks().callIds()).containsExactly("c1", "c2", "c3");
    assertThat(reading.text()).isEqualTo("text");
  }

  @Test
  void customCalls() {
    Reading reading =
        read(
            item("added", 0, "{'type':'custom_tool_call','call_id':'c','name':'p','input':''}"),
            delta("custom_tool_call_input", 0, "*** Beg"),
            delta("custom_tool_call_input", 0, "in"),
            item(
                "done",
                0,
                "{'type':'custom_tool_call','call_id':'c','name':'p','input':'*** Begin'}"),
            COMPLETED);
    ContentBlock call = reading.blocks().of(BlockKind.TOOL_CALL).get(0);
    assertThat(call.content()).isEqualTo("*** Begin");
    assertThat(CustomCall.is(call.block().extra())).isTrue();
    assertThat(reading.finish()).isEqualTo("tool_calls");
  }

  @Test
  void encryptedReasoningIsKeptWithItsSummary() {
    Reading reading =
        read(
            delta("reasoning_summary_text", 0, "one"),
            item(
                "done",
                0,
                "{'type':'reasoning','id':'rs_1','encrypted_content':'ENC',"
                    + "'summary':[{'type':'summary_text','text':'one'}]}"),
            item("done", 1, "{'type':'reasoning','id':'rs_2','summary':[]}"),
            delta("output_text", 2, "a"),
            COMPLETED);
    assertThat(reading.text(BlockKind.REASONING)).isEqualTo("one");
    assertThat(reading.blocks().data("reasoning_details"))
        .containsExactly(
            new JsonArray(
                """
                [{"type": "reasoning.summary", "summary": "one", "id": "rs_1",
                  "format": "openai-responses-v1", "index": 0},
                 {"type": "reasoning.encrypted", "data": "ENC", "id": "rs_1",
                  "format": "openai-responses-v1", "index": 1}]
                """));
  }

  @Test
  void logprobsComeWithTheirText() {
    Reading reading =
        read(
            event(
                "{'type':'response.output_text.delta','output_index':0,'delta':'a',"
                    + "'logprobs':[{'token':'a','logprob':-0.5}]}"),
            event(
                "{'type':'response.output_text.delta','output_index':0,'delta':'b','logprobs':[]}"),
            COMPLETED);
    assertThat(reading.blocks().data("logprobs"))
        .containsExactly(new JsonObject("{\"content\":[{\"token\":\"a\",\"logprob\":-0.5}]}"));
  }

  @ParameterizedTest
  @CsvSource({"max_output_tokens, length", "content_filter, content_filter", "other, length"})
  void incomplete(String reason, String finish) {
    String response =
        "{'object':'response','status':'incomplete','incomplete_details':{'reason':'%s'},"
            + "'output':[{'type':'message','content':[{'type':'output_text','text':'a'}]}]}";
    String json = response.formatted(reason);
    Reading reading =
        read(
            delta("output_text", 0, "a"),
            event("{'type':'response.incomplete','response':" + json + "}"));
    assertThat(reading.finish()).isEqualTo(finish);
    assertThat(reading.text()).isEqualTo("a");
    assertThat(Reading.of("openai-responses", json.replace('\'', '"')).finish()).isEqualTo(finish);
  }

  @Test
  void aCallThatIsCutShortIsMalformed() {
    Reading reading =
        read(
            item("added", 0, call("c1", "f", "")),
            delta("function_call_arguments", 0, "{"),
            event("{'type':'response.incomplete','response':{'status':'incomplete'}}"));
    assertThat(reading.failure().kind()).isEqualTo(FailureKind.MALFORMED_TOOL_CALL);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "event: error\n"
            + "data:"
            + " {\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":\"slow\",\"param\":null}\n\n",
        "data:"
            + " {\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":\"slow\",\"param\":null}\n\n",
        "data:"
            + " {\"type\":\"error\",\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"slow\"}}\n\n",
        "data: {\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"slow\"}}\n\n",
        "data:"
            + " {\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"slow\"}}}\n\n",
        "{\"object\":\"response\",\"status\":\"failed\",\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"slow\"}}"
      })
  void errors(String error) {
    Reading reading = read(error);
    assertThat(reading.failure().kind()).isEqualTo(FailureKind.RATE_LIMITED);
    assertThat(reading.failure().message()).contains("slow");
  }

  @Test
  void aFailureWithoutAnErrorAndAStreamWithoutAnEnd() {
    Reading failed = read(event("{'type':'response.failed','response':{'error':null}}"));
    assertThat(failed.failure().kind()).isEqualTo(FailureKind.SERVER_ERROR);
    Reading ended = read(delta("output_text", 0, "a"));
    assertThat(ended.failure().kind()).isEqualTo(FailureKind.NETWORK);
  }

  @Test
  void usage() {
    Reading reading =
        read(
            delta("output_text", 0, "a"),
            event(
                "{'type':'response.completed','response':{'status':'completed','usage':"
                    + "{'input_tokens':9,'input_tokens_details':{'cached_tokens':4,"
                    + "'cache_write_tokens':2},'output_tokens':7,"
                    + "'output_tokens_details':{'reasoning_tokens':5},'total_tokens':16}}}"));
    assertThat(reading.usage())
        .isEqualTo(new TokenUsage(9, 7, 4, 2, 5, TokenUsage.Source.PROVIDER));
  }
}
