package io.llmrelay.provider.bedrock;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.provider.AwsFrames;
import io.llmrelay.provider.Reading;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;

/** Content blocks of streams, wherever they are cut, and of whole answers. */
class BedrockBlocksTest {

  private static Buffer event(String type, String json) {
    return AwsFrames.event(type, json.replace('\'', '"'));
  }

  private static Buffer delta(String delta) {
    return event("contentBlockDelta", "{'delta':" + delta + "}");
  }

  private static final Buffer STOP = event("contentBlockStop", "{'contentBlockIndex':0}");

  private static Buffer tool(String id, String name) {
    return event(
        "contentBlockStart",
        "{'start':{'toolUse':{'toolUseId':'" + id + "','name':'" + name + "'}}}");
  }

  private static Buffer input(String json) {
    return delta("{'toolUse':{'input':" + JsonObject.of("a", json).encode().substring(5) + "}");
  }

  private static JsonArray json(String array) {
    return new JsonArray(array.replace('\'', '"'));
  }

  @Test
  void readsBlocksWhereverTheStreamIsCut() {
    Buffer body =
        AwsFrames.all(
            delta("{'reasoningContent':{'text':'H'}}"),
            delta("{'reasoningContent':{'text':'m'}}"),
            delta("{'reasoningContent':{'signature':'s'}}"),
            STOP,
            delta("{'reasoningContent':{'redactedContent':'AAAA'}}"),
            STOP,
            delta("{'text':'Hi'}"),
            delta(
                "{'citation':{'title':'T','location':{'web':{'url':'https://a','domain':'a'}},"
                    + "'sourceContent':[{'text':'c'}]}}"),
            STOP,
            tool("t1", "add"),
            input("{\"a\""),
            input(":1}"),
            STOP,
            tool("t2", "now"),
            STOP,
            AwsFrames.stop("tool_use"),
            AwsFrames.usage(10, 5));
    for (int at = 0; at <= body.length(); at++) {
      Reading reading = Reading.cut("bedrock", body, at);
      assertThat(reading.finish()).isEqualTo("tool_calls");
      assertThat(reading.text()).isEqualTo("Hi");
      assertThat(reading.text(BlockKind.REASONING)).isEqualTo("Hm");
      assertThat(reading.blocks().calls()).containsExactly("add({\"a\":1})", "now({})");
      assertThat(reading.blocks().callIds()).containsExactly("t1", "t2");
      assertThat(reading.blocks().data("reasoning_details"))
          .containsExactly(
              json(
                  "[{'type':'reasoning.text','text':'Hm','signature':'s',"
                      + "'format':'anthropic-claude-v1','index':0}]"),
              json(
                  "[{'type':'reasoning.encrypted','data':'AAAA',"
                      + "'format':'anthropic-claude-v1','index':1}]"));
      assertThat(reading.blocks().data("annotations"))
          .containsExactly(
              json(
                  "[{'type':'url_citation','url_citation':{'url':'https://a','domain':'a',"
                      + "'title':'T','start_index':0,'end_index':2,'content':'c'}}]"));
    }
  }

  @Test
  void readsTheSameFromAWholeAnswer() {
    Reading reading =
        Reading.of(
            "bedrock",
            ("{'output':{'message':{'content':[{'reasoningContent':{'reasoningText':{'text':'Hm',"
                    + "'signature':'s'}}},{'citationsContent':{'content':[{'text':'So'}],"
                    + "'citations':[{'source':'d','location':{'documentPage':{'documentIndex':0,"
                    + "'start':1,'end':2}}}]}},"
                    + "{'toolUse':{'toolUseId':'t','name':'add','input':{'a':[1.0]}}}]}},"
                    + "'stopReason':'tool_use'}")
                .replace('\'', '"'));
    assertThat(reading.finish()).isEqualTo("tool_calls");
    assertThat(reading.text()).isEqualTo("So");
    assertThat(reading.text(BlockKind.REASONING)).isEqualTo("Hm");
    assertThat(reading.blocks().calls()).containsExactly("add({\"a\":[1.0]})");
    assertThat(reading.blocks().data("reasoning_details")).hasSize(1);
    assertThat(reading.blocks().data("annotations"))
        .containsExactly(
            json(
                "[{'type':'file_citation','file_citation':{'documentIndex':0,'start':1,'end':2,"
                    + "'source':'d','start_index':0,'end_index':2,'content':'',"
                    + "'location_type':'documentPage'}}]"));
  }

  @Test
  void readsTheInputOfTheAnsweringToolAsText() {
    Reading reading =
        Reading.of(
            "bedrock",
            AwsFrames.all(
                tool("t", "json_answer_of_relay"),
                input("{\"x\":1}"),
                STOP,
                AwsFrames.stop("tool_use")));
    assertThat(reading.text()).isEqualTo("{\"x\":1}");
    assertThat(reading.finish()).isEqualTo("stop");
  }

  @Test
  void failsWhereACallIsCutShortOrMalformed() {
    assertThat(
            Reading.of(
                    "bedrock",
                    AwsFrames.all(
                        tool("t", "f"), input("{\"a\":"), STOP, AwsFrames.stop("max_tokens")))
                .failure()
                .kind())
        .isEqualTo(FailureKind.MALFORMED_TOOL_CALL);
    assertThat(Reading.of("bedrock", AwsFrames.stop("malformed_tool_use")).failure().kind())
        .isEqualTo(FailureKind.MALFORMED_TOOL_CALL);
  }
}
