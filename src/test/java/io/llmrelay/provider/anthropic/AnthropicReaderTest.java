package io.llmrelay.provider.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.provider.Reading;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Content blocks of streams, wherever they are cut, and of whole answers. */
class AnthropicReaderTest {

  private static String event(String json) {
    return "data: " + json.replace('\'', '"') + "\n\n";
  }

  private static String start(String block) {
    return event("{'type':'content_block_start','index':0,'content_block':" + block + "}");
  }

  private static String delta(String delta) {
    return event("{'type':'content_block_delta','index':0,'delta':" + delta + "}");
  }

  private static String text(String text) {
    return delta("{'type':'text_delta','text':'" + text + "'}");
  }

  private static String input(String json) {
    return delta("{'type':'input_json_delta','partial_json':'" + json.replace("\"", "\\\"") + "'}");
  }

  private static String tool(String id, String name) {
    return start("{'type':'tool_use','id':'" + id + "','name':'" + name + "','input':{}}");
  }

  private static final String STOP = event("{'type':'content_block_stop','index':0}");

  private static String end(String reason) {
    return event("{'type':'message_delta','delta':{'stop_reason':'" + reason + "'}}")
        + event("{'type':'message_stop'}");
  }

  private static Reading read(String... events) {
    return Reading.of("anthropic", String.join("", events));
  }

  private static JsonArray json(String array) {
    return new JsonArray(array.replace('\'', '"'));
  }

  /** The SDKs could tell such blocks apart by their index, but other clients could not. */
  @Test
  void inputOfABlockBeforeTheLastIsAFailure() {
    Reading reading =
        read(
            tool("a", "f"),
            tool("b", "g").replace("\"index\":0", "\"index\":1"),
            input("{\"a\":1}"),
            STOP,
            STOP.replace("\"index\":0", "\"index\":1"),
            end("tool_use"));
    assertThat(reading.failure().kind()).isEqualTo(FailureKind.MALFORMED_TOOL_CALL);
  }

  @Test
  void readsBlocksWhereverTheStreamIsCut() {
    Buffer body =
        Buffer.buffer(
            start("{'type':'thinking','thinking':'','signature':''}")
                + delta("{'type':'thinking_delta','thinking':'H'}")
                + delta("{'type':'thinking_delta','thinking':'m'}")
                + delta("{'type':'signature_delta','signature':'s1'}")
                + STOP
                + start("{'type':'redacted_thinking','data':'xyz'}")
                + STOP
                + start("{'type':'text','text':''}")
                + text("Let me ")
                + text("see.")
                + STOP
                + tool("t1", "add")
                + input("")
                + input("{\"a\"")
                + input(":1}")
                + STOP
                + tool("t2", "now")
                + STOP
                + end("tool_use"));
    for (int at = 0; at <= body.length(); at++) {
      Reading reading = Reading.cut("anthropic", body, at);
      assertThat(reading.finish()).isEqualTo("tool_calls");
      assertThat(reading.text()).isEqualTo("Let me see.");
      assertThat(reading.text(BlockKind.REASONING)).isEqualTo("Hm");
      assertThat(reading.blocks().calls()).containsExactly("add({\"a\":1})", "now({})");
      assertThat(reading.blocks().callIds()).containsExactly("t1", "t2");
      assertThat(reading.blocks().data("reasoning_details"))
          .containsExactly(
              json(
                  "[{'type':'reasoning.text','text':'Hm','signature':'s1',"
                      + "'format':'anthropic-claude-v1','index':0}]"),
              json(
                  "[{'type':'reasoning.encrypted','data':'xyz',"
                      + "'format':'anthropic-claude-v1','index':1}]"));
    }
  }

  @Test
  void readsTheSameFromAWholeAnswer() {
    Reading reading =
        read(
            ("{'type':'message','content':[{'type':'thinking','thinking':'Hm','signature':'s1'},"
                    + "{'type':'text','text':'So'},"
                    + "{'type':'tool_use','id':'t1','name':'add','input':{'a':1.0,'b':[{}]}}],"
                    + "'stop_reason':'tool_use'}")
                .replace('\'', '"'));
    assertThat(reading.finish()).isEqualTo("tool_calls");
    assertThat(reading.text()).isEqualTo("So");
    assertThat(reading.blocks().calls()).containsExactly("add({\"a\":1.0,\"b\":[{}]})");
    assertThat(reading.blocks().data("reasoning_details")).hasSize(1);
  }

  @Test
  void keepsTheSignatureOfThinkingThatIsNotShown() {
    Reading reading =
        read(
            start("{'type':'thinking','thinking':'','signature':''}"),
            delta("{'type':'signature_delta','signature':'s'}"),
            STOP,
            text("Hi"),
            end("end_turn"));
    assertThat(reading.text(BlockKind.REASONING)).isEmpty();
    assertThat(reading.blocks().data("reasoning_details"))
        .containsExactly(
            json(
                "[{'type':'reasoning.text','text':'','signature':'s',"
                    + "'format':'anthropic-claude-v1','index':0}]"));
  }

  @Test
  void takesTheInputThatComesWithTheStartOfACall() {
    Reading reading =
        read(
            start("{'type':'tool_use','id':'t','name':'f','input':{'a':1}}"),
            STOP,
            end("tool_use"));
    assertThat(reading.blocks().calls()).containsExactly("f({\"a\":1})");
  }

  @Test
  void ignoresTheToolsThatRunAtTheProvider() {
    Reading reading =
        read(
            start("{'type':'server_tool_use','id':'s','name':'web_search','input':{}}"),
            input("{\"query\":\"x\"}"),
            STOP,
            start(
                "{'type':'web_search_tool_result','tool_use_id':'s','content':[{'type':"
                    + "'web_search_result','url':'u','title':'t','text':'no'}]}"),
            STOP,
            text("Hi"),
            end("end_turn"));
    assertThat(reading.finish()).isEqualTo("stop");
    assertThat(reading.text()).isEqualTo("Hi");
    assertThat(reading.blocks().calls()).isEmpty();
  }

  @Test
  void turnsCitationsIntoAnnotations() {
    String web =
        "{'type':'web_search_result_location','url':'https://a','title':'A',"
            + "'encrypted_index':'e','cited_text':'c'}";
    String page =
        "{'type':'page_location','document_index':0,'document_title':'D','start_page_number':1,"
            + "'end_page_number':2,'cited_text':'p'}";
    Reading reading =
        read(
            start("{'type':'text','text':''}"),
            text("😀 so "),
            STOP,
            start("{'type':'text','text':'','citations':[]}"),
            delta("{'type':'citations_delta','citation':" + web + "}"),
            text("it is"),
            delta("{'type':'citations_delta','citation':" + page + "}"),
            STOP,
            start("{'type':'text','text':''}"),
            text("."),
            STOP,
            end("end_turn"));
    assertThat(reading.text()).isEqualTo("😀 so it is.");
    assertThat(reading.blocks().data("annotations"))
        .containsExactly(
            json(
                "[{'type':'url_citation','url_citation':{'url':'https://a','title':'A',"
                    + "'encrypted_index':'e','start_index':5,'end_index':10,'content':'c'}},"
                    + "{'type':'file_citation','file_citation':{'document_index':0,"
                    + "'document_title':'D','start_page_number':1,'end_page_number':2,"
                    + "'start_index':5,'end_index':10,'content':'p',"
                    + "'location_type':'page_location'}}]"));
  }

  @Test
  void readsTheInputOfTheAnsweringToolAsText() {
    Reading reading =
        read(tool("t", JsonAnswer.TOOL), input("{\"x\""), input(":1}"), STOP, end("tool_use"));
    assertThat(reading.text()).isEqualTo("{\"x\":1}");
    assertThat(reading.finish()).isEqualTo("stop");
    assertThat(reading.blocks().calls()).isEmpty();
    String whole =
        new JsonObject()
            .put("type", "message")
            .put("stop_reason", "tool_use")
            .put(
                "content",
                List.of(
                    new JsonObject()
                        .put("type", "tool_use")
                        .put("name", JsonAnswer.TOOL)
                        .put("input", new JsonObject().put("x", 1))))
            .encode();
    assertThat(read(whole).text()).isEqualTo("{\"x\":1}");
    assertThat(read(whole).finish()).isEqualTo("stop");
  }

  @ParameterizedTest
  @CsvSource({
    "end_turn, stop",
    "stop_sequence, stop",
    "max_tokens, length",
    "model_context_window_exceeded, length",
    "pause_turn, length",
    "refusal, content_filter"
  })
  void readsTheReasonOfTheEnd(String theirs, String ours) {
    assertThat(read(text("a"), end(theirs)).finish()).isEqualTo(ours);
  }

  @Test
  void failsWhereACallIsCutShort() {
    Reading reading = read(tool("t", "f"), input("{\"a\":"), STOP, end("max_tokens"));
    assertThat(reading.failure().kind()).isEqualTo(FailureKind.MALFORMED_TOOL_CALL);
    assertThat(read(tool("t", "f"), input("{\"a\":1}"), STOP).failure().kind())
        .isEqualTo(FailureKind.NETWORK);
  }
}
