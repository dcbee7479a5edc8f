package io.llmrelay.provider.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.provider.Reading;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tool calls as servers of this dialect stream them. */
class ToolCallsTest {
  private static final String ROME = "{\"city\":\"Rome\"}";
  private static final String OSLO = "{\"city\":\"Oslo\"}";

  /** Chunks with these deltas of tool calls, in the notation of {@link #json}, and the end. */
  private static String stream(String... deltas) {
    StringBuilder body = new StringBuilder();
    for (String delta : deltas) {
      body.append(chunk("{'tool_calls':[" + delta + "]}"));
    }
    return body + end("tool_calls");
  }

  private static String chunk(String delta) {
    return "data: {\"choices\":[{\"index\":0,\"delta\":" + json(delta) + "}]}\n\n";
  }

  private static String end(String reason) {
    return "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\""
        + reason
        + "\"}]}\n\ndata: [DONE]\n\n";
  }

  /** Single quotes are quotes, and what is in parentheses is a JSON string. */
  private static String json(String text) {
    StringBuilder json = new StringBuilder();
    int from = 0;
    for (int open = text.indexOf('('); open >= 0; open = text.indexOf('(', from)) {
      int close = text.indexOf(')', open);
      json.append(text.substring(from, open).replace('\'', '"'));
      json.append('"').append(text.substring(open + 1, close).replace("'", "\\\"")).append('"');
      from = close + 1;
    }
    return json.append(text.substring(from).replace('\'', '"')).toString();
  }

  /** Reads a body in one piece and byte by byte, which must be the same. */
  private static Reading read(String body) {
    Reading whole = Reading.of("openai", body);
    Reading bytes = new Reading("openai");
    Buffer buffer = Buffer.buffer(body);
    for (int i = 0; i < buffer.length(); i++) {
      bytes.more(buffer.slice(i, i + 1));
    }
    bytes.end();
    assertThat(bytes.blocks().calls()).isEqualTo(whole.blocks().calls());
    assertThat(bytes.finish()).isEqualTo(whole.finish());
    return whole;
  }

  private static Reading readDeltas(String... deltas) {
    return read(stream(deltas));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          usual | {'index':0,'id':'a','type':'function','function':{'name':'f','arguments':''}} ; {'index':0,'function':{'arguments':({'city')}} ; {'index':0,'function':{'arguments':(:'Rome'})}}
          no index | {'id':'a','function':{'name':'f','arguments':''}} ; {'function':{'arguments':({'city')}} ; {'function':{'arguments':(:'Rome'})}}
          index null | {'index':null,'id':'a','function':{'name':'f'}} ; {'index':null,'function':{'arguments':({'city':'Rome'})}}
          index a string | {'index':'0','id':'a','function':{'name':'f'}} ; {'index':'0','function':{'arguments':({'city':'Rome'})}}
          index from 1 | {'index':1,'id':'a','function':{'name':'f'}} ; {'index':1,'function':{'arguments':({'city':'Rome'})}}
          index only first | {'index':0,'id':'a','function':{'name':'f'}} ; {'function':{'arguments':({'city':'Rome'})}}
          index only later | {'id':'a','function':{'name':'f'}} ; {'index':0,'function':{'arguments':({'city':'Rome'})}}
          whole | {'index':0,'id':'a','type':'function','function':{'name':'f','arguments':({'city':'Rome'})}}
          whole without index | {'id':'a','function':{'name':'f','arguments':({'city':'Rome'})}}
          an object | {'index':0,'id':'a','function':{'name':'f','arguments':{ 'city' : 'Rome' }}}
          arguments null | {'index':0,'id':'a','function':{'name':'f','arguments':null}} ; {'index':0,'function':{'arguments':({'city':'Rome'})}}
          id repeated | {'index':0,'id':'a','function':{'name':'f','arguments':''}} ; {'index':0,'id':'a','function':{'arguments':({'city')}} ; {'index':0,'id':'a','function':{'arguments':(:'Rome'})}}
          name repeated | {'index':0,'id':'a','function':{'name':'f','arguments':''}} ; {'index':0,'function':{'name':'f','arguments':({'city')}} ; {'index':0,'function':{'name':'f','arguments':(:'Rome'})}} ; {'index':0,'function':{'name':'f','arguments':''}}
          all repeated | {'index':0,'id':'a','type':'function','function':{'name':'f','arguments':({'city')}} ; {'index':0,'id':'a','type':'function','function':{'name':'f','arguments':(:'Rome'})}} ; {'index':0,'id':'a','type':'function','function':{'name':'f','arguments':''}}
          later empty | {'index':0,'id':'a','function':{'name':'f','arguments':''}} ; {'index':0,'id':'','function':{'name':'','arguments':({'city':'Rome'})}}
          later null | {'index':0,'id':'a','function':{'name':'f','arguments':''}} ; {'index':0,'id':null,'type':null,'function':{'name':null,'arguments':({'city':'Rome'})}}
          id later | {'index':0,'function':{'name':'f'}} ; {'index':0,'id':'a','function':{'arguments':({'city':'Rome'})}}
          sent twice | {'index':0,'id':'a','function':{'name':'f','arguments':({'city':'Rome'})}} ; {'index':0,'id':'a','function':{'name':'f','arguments':({'city':'Rome'})}}
          nothing after | {'index':0,'id':'a','function':{'name':'f','arguments':({'city':'Rome'})}} ; {'index':0} ; {} ; {'index':0,'function':{'arguments':''}}
          """)
  void oneCall(String name, String deltas) {
    Reading reading = readDeltas(deltas.split(" ; "));
    assertThat(reading.blocks().calls()).containsExactly("f(" + ROME + ")");
    assertThat(reading.blocks().callIds()).containsExactly("a");
    assertThat(reading.finish()).isEqualTo("tool_calls");
    assertThat(reading.text()).isEmpty();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          usual | {'index':0,'id':'a','function':{'name':'f'}} ; {'index':0,'function':{'arguments':({'city':'Rome'})}} ; {'index':1,'id':'b','function':{'name':'g'}} ; {'index':1,'function':{'arguments':({'city':'Oslo'})}}
          in one chunk | {'index':0,'id':'a','function':{'name':'f','arguments':({'city':'Rome'})}},{'index':1,'id':'b','function':{'name':'g','arguments':({'city':'Oslo'})}}
          no index | {'id':'a','function':{'name':'f','arguments':({'city':'Rome'})}} ; {'id':'b','function':{'name':'g','arguments':({'city':'Oslo'})}}
          no index in one chunk | {'id':'a','function':{'name':'f','arguments':({'city':'Rome'})}},{'id':'b','function':{'name':'g','arguments':({'city':'Oslo'})}}
          no index in fragments | {'id':'a','function':{'name':'f'}} ; {'function':{'arguments':({'city':'Rome')}} ; {'function':{'arguments':(})}} ; {'id':'b','function':{'name':'g'}} ; {'function':{'arguments':({'city':'Oslo'})}}
          no index interleaved by id | {'id':'a','function':{'name':'f'}},{'id':'b','function':{'name':'g'}} ; {'id':'a','function':{'arguments':({'city')}},{'id':'b','function':{'arguments':({'city':)}} ; {'id':'b','function':{'arguments':('Oslo'})}},{'id':'a','function':{'arguments':(:'Rome'})}}
          index always 0 | {'index':0,'id':'a','function':{'name':'f','arguments':({'city':'Rome'})}} ; {'index':0,'id':'b','function':{'name':'g','arguments':({'city':'Oslo'})}}
          index always 0 in one chunk | {'index':0,'id':'a','function':{'name':'f','arguments':({'city':'Rome'})}},{'index':0,'id':'b','function':{'name':'g','arguments':({'city':'Oslo'})}}
          index always 0 in fragments | {'index':0,'id':'a','function':{'name':'f'}} ; {'index':0,'function':{'arguments':({'city':)}} ; {'index':0,'function':{'arguments':('Rome'})}} ; {'index':0,'id':'b','function':{'name':'g'}} ; {'index':0,'function':{'arguments':({'city':)}} ; {'index':0,'function':{'arguments':('Oslo'})}}
          interleaved | {'index':0,'id':'a','function':{'name':'f'}} ; {'index':1,'id':'b','function':{'name':'g'}} ; {'index':0,'function':{'arguments':({'city')}} ; {'index':1,'function':{'arguments':({'city')}} ; {'index':0,'function':{'arguments':(:'Rome'})}} ; {'index':1,'function':{'arguments':(:'Oslo'})}}
          interleaved in chunks | {'index':0,'id':'a','function':{'name':'f','arguments':({'ci)}},{'index':1,'id':'b','function':{'name':'g','arguments':({)}} ; {'index':1,'function':{'arguments':('city':'Oslo'})}},{'index':0,'function':{'arguments':(ty':'Rome'})}}
          last one first | {'index':0,'id':'a','function':{'name':'f'}} ; {'index':1,'id':'b','function':{'name':'g','arguments':({'city':'Oslo'})}} ; {'index':0,'function':{'arguments':({'city':'Rome'})}}
          """)
  void twoCalls(String name, String deltas) {
    Reading reading = readDeltas(deltas.split(" ; "));
    assertThat(reading.blocks().calls()).containsExactly("f(" + ROME + ")", "g(" + OSLO + ")");
    assertThat(reading.blocks().callIds()).containsExactly("a", "b");
    assertThat(reading.finish()).isEqualTo("tool_calls");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          none, other indices | {'index':0,'function':{'name':'f','arguments':({'city':'Rome'})}} ; {'index':1,'function':{'name':'f','arguments':({'city':'Oslo'})}}
          none, same index | {'index':0,'function':{'name':'f','arguments':({'city':'Rome'})}} ; {'index':0,'function':{'name':'f','arguments':({'city':'Oslo'})}}
          none, same index, fragments | {'index':0,'function':{'name':'f'}} ; {'index':0,'function':{'arguments':({'city':'Rome'})}} ; {'index':0,'function':{'name':'f'}} ; {'index':0,'function':{'arguments':({'city':'Oslo'})}}
          none, no index | {'function':{'name':'f','arguments':({'city':'Rome'})}},{'function':{'name':'f','arguments':({'city':'Oslo'})}}
          empty | {'index':0,'id':'','function':{'name':'f','arguments':({'city':'Rome'})}} ; {'index':0,'id':'','function':{'name':'f','arguments':({'city':'Oslo'})}}
          null | {'index':0,'id':null,'function':{'name':'f','arguments':({'city':'Rome'})}},{'index':1,'id':null,'function':{'name':'f','arguments':({'city':'Oslo'})}}
          the same | {'index':0,'id':'a','function':{'name':'f','arguments':({'city':'Rome'})}} ; {'index':1,'id':'a','function':{'name':'f','arguments':({'city':'Oslo'})}}
          """)
  void missingIdsAreGenerated(String name, String deltas) {
    Reading reading = readDeltas(deltas.split(" ; "));
    assertThat(reading.blocks().calls()).containsExactly("f(" + ROME + ")", "f(" + OSLO + ")");
    assertThat(reading.blocks().callIds()).doesNotHaveDuplicates().allMatch(id -> !id.isBlank());
    assertThat(reading.blocks().callIds().get(1)).startsWith("call_");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'index':0,'id':'a','function':{'name':'get_'}} ; {'index':0,'function':{'name':'weather'}}"
            + " ; {'index':0,'function':{'arguments':({'city':'Rome'})}}",
        "{'index':0,'id':'a','function':{'name':'get_'}}"
            + " ; {'index':0,'function':{'name':'get_weather','arguments':({'city':'Rome'})}}"
      })
  void namesInFragments(String deltas) {
    assertThat(readDeltas(deltas.split(" ; ")).blocks().calls())
        .containsExactly("get_weather(" + ROME + ")");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'index':0,'id':'a','function':{'name':'f'}}",
        "{'index':0,'id':'a','function':{'name':'f','arguments':''}}",
        "{'index':0,'id':'a','function':{'name':'f','arguments':null}}",
        "{'index':0,'id':'a','function':{'name':'f','arguments':{}}}"
      })
  void noArgumentsAreAnEmptyObject(String delta) {
    assertThat(readDeltas(delta).blocks().calls()).containsExactly("f({})");
  }

  @Test
  void theCallOfTheSecondToolWaitsForTheFirstWithoutArguments() {
    assertThat(
            readDeltas(
                    "{'index':0,'id':'a','function':{'name':'f','arguments':''}}",
                    "{'index':1,'id':'b','function':{'name':'g','arguments':({'city':'Oslo'})}}")
                .blocks()
                .calls())
        .containsExactly("f({})", "g(" + OSLO + ")");
  }

  @Test
  void aCallIsPassedOnAsItComes() {
    Reading reading = new Reading("openai");
    reading.more(
        chunk("{'tool_calls':[{'index':0,'id':'a','function':{'name':'f','arguments':''}}]}"));
    reading.more(chunk("{'tool_calls':[{'index':0,'function':{'arguments':({'ci)}}]}"));
    assertThat(reading.blocks().calls()).containsExactly("f({\"ci)");
    reading.more(chunk("{'tool_calls':[{'index':0,'function':{'arguments':(ty':)}}]}"));
    assertThat(reading.blocks().calls()).containsExactly("f({\"city\":)");
    reading.more(
        chunk(
            "{'tool_calls':[{'index':1,'id':'b','function':{'name':'g','arguments':({'city':'Oslo'})}}]}"));
    assertThat(reading.blocks().calls()).hasSize(1);
    reading.more(chunk("{'tool_calls':[{'index':0,'function':{'arguments':('Rome'})}}]}"));
    reading.more(chunk("{'content':''}"));
    reading.more(end("stop")).end();
    assertThat(reading.blocks().calls()).containsExactly("f(" + ROME + ")", "g(" + OSLO + ")");
  }

  @Test
  void textAndReasoningMayComeBeforeAndBetween() {
    Reading reading =
        read(
            chunk("{'reasoning_content':'hm'}")
                + chunk("{'content':'Let me see.'}")
                + chunk(
                    "{'tool_calls':[{'index':0,'id':'a','function':{'name':'f','arguments':({'city':)}}]}")
                + chunk("{'content':' So.'}")
                + chunk("{'tool_calls':[{'index':0,'function':{'arguments':('Rome'})}}]}")
                + end("tool_calls"));
    assertThat(reading.text(BlockKind.REASONING)).isEqualTo("hm");
    assertThat(reading.text()).isEqualTo("Let me see. So.");
    assertThat(reading.blocks().calls()).containsExactly("f(" + ROME + ")");
  }

  @ParameterizedTest
  @CsvSource({
    "stop, tool_calls",
    "tool_calls, tool_calls",
    "function_call, tool_calls",
    "length, length",
    "content_filter, content_filter",
    "eos, tool_calls"
  })
  void aCallMakesTheFinishReason(String reason, String expected) {
    String call =
        "{'tool_calls':[{'index':0,'id':'a','function':{'name':'f','arguments':({'city':'Rome'})}}]}";
    assertThat(read(chunk(call) + end(reason)).finish()).isEqualTo(expected);
  }

  @Test
  void theCallMayBeInTheLastChunk() {
    String body =
        "data: {\"choices\":[{\"index\":0,\"finish_reason\":\"tool_calls\",\"delta\":{\"tool_calls\":"
            + json("[{'index':0,'id':'a','function':{'name':'f','arguments':({'city':'Rome'})}}]")
            + "}}]}\n\n";
    assertThat(read(body).blocks().calls()).containsExactly("f(" + ROME + ")");
  }

  @Test
  void withoutACallTheFinishReasonIsStop() {
    assertThat(read(chunk("{'content':'x'}") + end("tool_calls")).finish()).isEqualTo("stop");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'function_call':{'name':'f','arguments':({'city':'Rome'})}}",
        "{'function_call':{'name':'f'}} ; {'function_call':{'arguments':({'city':'Rome'})}}"
      })
  void theOldFunctionCallIsACall(String deltas) {
    StringBuilder body = new StringBuilder();
    for (String delta : deltas.split(" ; ")) {
      body.append(chunk(delta));
    }
    Reading reading = read(body + end("function_call"));
    assertThat(reading.blocks().calls()).containsExactly("f(" + ROME + ")");
    assertThat(reading.finish()).isEqualTo("tool_calls");
  }

  @Test
  void aWholeAnswerHasWholeCalls() {
    String message =
        json(
            "{'role':'assistant','content':null,'tool_calls':["
                + "{'id':'a','type':'function','function':{'name':'f','arguments':({'city':'Rome'})}},"
                + "{'id':'b','type':'function','function':{'name':'g','arguments':{'city':'Oslo'}}}]}");
    Reading reading =
        Reading.of(
            "openai",
            "{\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"message\":" + message + "}]}");
    assertThat(reading.blocks().calls()).containsExactly("f(" + ROME + ")", "g(" + OSLO + ")");
    assertThat(reading.finish()).isEqualTo("tool_calls");
  }

  @Test
  void providerDataOfACallComesWithIt() {
    Reading reading =
        readDeltas(
            "{'index':0,'id':'a','extra_content':{'google':{'thought_signature':'abc='}},"
                + "'function':{'name':'f','arguments':({'city':'Rome'})}}");
    assertThat(reading.blocks().of(BlockKind.TOOL_CALL).get(0).block().extra())
        .isEqualTo(new JsonObject("{\"google\":{\"thought_signature\":\"abc=\"}}"));
  }

  @Test
  void theInputOfACustomToolIsAnyText() {
    Reading reading =
        readDeltas(
            "{'index':0,'id':'a','type':'custom','custom':{'name':'shell','input':''}}",
            "{'index':0,'custom':{'input':'ls '}}",
            "{'index':0,'custom':{'input':'-l {'}}",
            "{'index':1,'id':'b','type':'function','function':{'name':'f','arguments':({'city':'Rome'})}}");
    assertThat(reading.blocks().calls()).containsExactly("shell(ls -l {)", "f(" + ROME + ")");
    assertThat(reading.blocks().of(BlockKind.TOOL_CALL).get(0).block().extra().encode())
        .isEqualTo("{\"openai\":{\"type\":\"custom\"}}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'index':0,'id':'a','function':{'name':'f','arguments':({'city':'Ro)}}",
        "{'index':0,'id':'a','function':{'name':'f','arguments':({'city':)}}",
        "{'index':0,'id':'a','function':{'name':'f','arguments':('Rome')}}",
        "{'index':0,'id':'a','function':{'name':'f','arguments':[1]}}",
        "{'index':0,'id':'a','function':{'name':'f','arguments':({'city':'Rome'}})}}",
        "{'index':0,'id':'a','function':{'name':'f','arguments':({'city':'Rome'})}}"
            + " ; {'index':0,'function':{'arguments':({)}}",
        "{'index':0,'id':'a','function':{'arguments':({'city':'Rome'})}}",
        "{'index':0,'id':'a','function':{'name':''}}",
        "{'index':0,'id':'a','function':{'name':'f','arguments':({'city':)}}"
            + " ; {'index':1,'id':'b','function':{'name':'f','arguments':({})}}",
      })
  void whatIsNoCallFails(String deltas) {
    for (String reason : List.of("tool_calls", "stop", "length")) {
      StringBuilder body = new StringBuilder();
      for (String delta : deltas.split(" ; ")) {
        body.append(chunk("{'tool_calls':[" + delta + "]}"));
      }
      Reading reading = read(body + end(reason));
      assertThat(reading.result()).isNull();
      assertThat(reading.failure().kind()).isEqualTo(FailureKind.MALFORMED_TOOL_CALL);
      assertThat(reading.failure().message()).doesNotContain("Ro");
    }
  }

  @Test
  void aStreamThatEndsWithinACallFails() {
    String call =
        chunk("{'tool_calls':[{'index':0,'id':'a','function':{'name':'f','arguments':({'ci)}}]}");
    assertThat(Reading.of("openai", call).failure().kind()).isEqualTo(FailureKind.NETWORK);
    assertThat(Reading.of("openai", call + "data: [DONE]\n\n").failure().kind())
        .isEqualTo(FailureKind.MALFORMED_TOOL_CALL);
  }

  @Test
  void whatIsKeptOfInterleavedCallsIsBounded() {
    Reading reading = new Reading("openai");
    reading.more(
        chunk("{'tool_calls':[{'index':0,'id':'a','function':{'name':'f','arguments':({)}}]}"));
    String more = "x".repeat(60_000);
    int chunks = 0;
    while (!reading.over()) {
      reading.more(
          chunk("{'tool_calls':[{'index':1,'function':{'name':'g','arguments':(" + more + ")}}]}"));
      assertThat(++chunks).isLessThan(1 + ToolCalls.MAX_KEPT / more.length() + 1);
    }
    assertThat(reading.failure().kind()).isEqualTo(FailureKind.SERVER_ERROR);
    assertThat(reading.blocks().calls()).hasSize(1);
  }

  @Test
  void theNumberOfCallsIsBounded() {
    Reading reading = new Reading("openai");
    for (int i = 0; !reading.over(); i++) {
      assertThat(i).isLessThan(1_000);
      reading.more(
          chunk("{'tool_calls':[{'index':" + i + ",'function':{'name':'g','arguments':({})}}]}"));
    }
    assertThat(reading.failure().kind()).isEqualTo(FailureKind.SERVER_ERROR);
  }
}
