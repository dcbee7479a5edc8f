package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentBlock;
import io.llmrelay.chat.RequestFeature;
import io.llmrelay.config.BackendOptions;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A tool loop over real HTTP: one dialect answers with two calls of a tool, and the results go to
 * another.
 */
class ToolLoopTest {
  private static final String FIRST = "{\"a\":\"first\"}";
  private static final String SECOND = "{\"a\":\"second\"}";
  private static final Set<String> IDS =
      Set.of("id", "tool_call_id", "tool_use_id", "toolUseId", "call_id");

  private static final JsonObject USER =
      new JsonObject().put("role", "user").put("content", "question");
  private static final JsonObject TOOL =
      new JsonObject(
          """
          {"type": "function", "function": {"name": "f", "description": "d", "parameters":
            {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}}}
          """);

  private static Vertx vertx;

  @BeforeAll
  static void start() {
    vertx = Vertx.vertx();
  }

  @AfterAll
  static void stop() {
    Consumer.await(vertx.close());
  }

  static Stream<Arguments> dialects() {
    List<Arguments> pairs = new ArrayList<>();
    Set<String> dialects = new TreeSet<>(Dialects.names());
    dialects.removeIf(each -> !Dialects.of(each).features().contains(RequestFeature.TOOLS));
    dialects.forEach(from -> dialects.forEach(to -> pairs.add(Arguments.of(from, to))));
    return pairs.stream();
  }

  @ParameterizedTest(name = "from {0} to {1}")
  @MethodSource("dialects")
  void aLoopMayGoOnInAnotherDialect(String from, String to) {
    Exchange asked = new Exchange(from, calls(from), JsonArray.of(USER));
    assertThat(asked.body.toString()).contains("\"f\"").contains("question");
    assertThat(asked.consumer.end.getString("finish_reason")).isEqualTo("tool_calls");
    List<ContentBlock> calls = asked.consumer.contents.of(BlockKind.TOOL_CALL);
    assertThat(calls).extracting(ContentBlock::content).containsExactly(FIRST, SECOND);

    JsonArray messages = JsonArray.of(USER, assistant(calls));
    messages.add(result(calls.get(1), "result2")).add(result(calls.get(0), "result1"));
    Buffer answer = Streams.all(Streams.text(to, "\"done\""), Streams.end(to));
    Exchange answered = new Exchange(to, answer, messages);
    assertThat(answered.consumer.text(BlockKind.TEXT)).isEqualTo("done");
    String body = answered.body.toString();
    for (String word : List.of("question", "first", "second", "result1", "result2")) {
      assertThat(body).containsOnlyOnce(word);
    }
    assertThat(body.indexOf("first")).isLessThan(body.indexOf("second"));
    assertThat(body.indexOf("second")).isLessThan(body.indexOf("result1"));
    if (to.equals("gemini") || to.equals("ollama")) {
      // The order alone pairs results with calls, at older servers.
      assertThat(body.indexOf("result1")).isLessThan(body.indexOf("result2"));
    }
    List<String> ids = new ArrayList<>();
    collectIds(answered.body.toJsonObject(), ids);
    assertThat(ids).allSatisfy(id -> assertThat(ids.stream().filter(id::equals)).hasSize(2));
  }

  /** One request and its answer, in a dialect. */
  private static final class Exchange {
    private final List<Buffer> bodies = new CopyOnWriteArrayList<>();
    final Consumer consumer;
    final Buffer body;

    Exchange(String dialect, Buffer answer, JsonArray messages) {
      BackendOptions options = Rig.options(dialect, null);
      Rig rig =
          Rig.of(
              vertx,
              options,
              request ->
                  request
                      .body()
                      .onSuccess(
                          received -> {
                            bodies.add(received);
                            request.response().putHeader("content-type", type(dialect)).end(answer);
                          }));
      JsonObject request =
          new JsonObject().put("messages", messages).put("tools", JsonArray.of(TOOL));
      ChatRequest chat = ChatRequest.read(request.toBuffer());
      assertThat(Dialects.cannotServe(options, chat)).isNull();
      consumer = rig.open(chat, true).awaitEnd();
      assertThat(consumer.failure).isNull();
      body = bodies.get(0);
      Consumer.await(vertx.undeploy(rig.deployment));
    }
  }

  private static String type(String dialect) {
    return switch (dialect) {
      case "ollama" -> "application/x-ndjson";
      case "bedrock" -> "application/vnd.amazon.eventstream";
      default -> "text/event-stream";
    };
  }

  /** Returns a stream with two calls of one tool, with the ids that the dialect has. */
  private static Buffer calls(String dialect) {
    return switch (dialect) {
      case "openai" ->
          events(
              "{'choices':[{'delta':{'tool_calls':[{'index':0,'id':'call_1','type':'function',"
                  + "'function':{'name':'f','arguments':%1$s}}]}}]}",
              "{'choices':[{'delta':{'tool_calls':[{'index':1,'id':'call_2','type':'function',"
                  + "'function':{'name':'f','arguments':%2$s}}]}}]}",
              "{'choices':[{'delta':{},'finish_reason':'tool_calls'}]}",
              "[DONE]");
      case "openai-responses" ->
          events(
              "{'type':'response.output_item.added','output_index':0,'item':"
                  + "{'type':'function_call','call_id':'call_1','name':'f','arguments':''}}",
              "{'type':'response.function_call_arguments.delta','output_index':0,'delta':%1$s}",
              "{'type':'response.output_item.done','output_index':0,'item':"
                  + "{'type':'function_call','call_id':'call_1','name':'f','arguments':%1$s}}",
              "{'type':'response.output_item.done','output_index':1,'item':"
                  + "{'type':'function_call','call_id':'call_2','name':'f','arguments':%2$s}}",
              "{'type':'response.completed','response':{'status':'completed'}}");
      case "anthropic" ->
          events(
              "{'type':'content_block_start','index':0,'content_block':"
                  + "{'type':'tool_use','id':'toolu_1','name':'f','input':{}}}",
              "{'type':'content_block_delta','index':0,'delta':"
                  + "{'type':'input_json_delta','partial_json':%1$s}}",
              "{'type':'content_block_stop','index':0}",
              "{'type':'content_block_start','index':1,'content_block':"
                  + "{'type':'tool_use','id':'toolu_2','name':'f','input':{}}}",
              "{'type':'content_block_delta','index':1,'delta':"
                  + "{'type':'input_json_delta','partial_json':%2$s}}",
              "{'type':'content_block_stop','index':1}",
              "{'type':'message_delta','delta':{'stop_reason':'tool_use'}}",
              "{'type':'message_stop'}");
      case "gemini" ->
          events(
              "{'candidates':[{'content':{'parts':[{'functionCall':{'name':'f','args':%3$s}},"
                  + "{'functionCall':{'name':'f','args':%4$s}}]},'finishReason':'STOP'}]}");
      case "ollama" ->
          Buffer.buffer(
              json(
                      "{'message':{'content':'','tool_calls':["
                          + "{'function':{'name':'f','arguments':%3$s}},"
                          + "{'function':{'name':'f','arguments':%4$s}}]},'done':false}")
                  + "\n"
                  + json("{'done':true,'done_reason':'stop'}")
                  + "\n");
      case "cloudflare" ->
          events(
              "{'response':'','tool_calls':[{'name':'f','arguments':%3$s},"
                  + "{'name':'f','arguments':%4$s}]}",
              "[DONE]");
      case "cohere" ->
          events(
              "{'type':'tool-call-start','index':0,'delta':{'message':{'tool_calls':"
                  + "{'id':'f_1','type':'function','function':{'name':'f','arguments':''}}}}}",
              "{'type':'tool-call-delta','index':0,'delta':{'message':{'tool_calls':"
                  + "{'function':{'arguments':%1$s}}}}}",
              "{'type':'tool-call-end','index':0}",
              "{'type':'tool-call-start','index':1,'delta':{'message':{'tool_calls':"
                  + "{'id':'f_2','type':'function','function':{'name':'f','arguments':''}}}}}",
              "{'type':'tool-call-delta','index':1,'delta':{'message':{'tool_calls':"
                  + "{'function':{'arguments':%2$s}}}}}",
              "{'type':'tool-call-end','index':1}",
              "{'type':'message-end','delta':{'finish_reason':'TOOL_CALL'}}");
      case "bedrock" ->
          Streams.all(
              bedrockCall(0, "%1$s"),
              bedrockCall(1, "%2$s"),
              AwsFrames.stop("tool_use"),
              AwsFrames.event("metadata", json("{'usage':{'inputTokens':1,'outputTokens':1}}")));
      default -> throw new IllegalArgumentException(dialect);
    };
  }

  private static Buffer bedrockCall(int index, String arguments) {
    String at = "{'contentBlockIndex':" + index;
    return Streams.all(
        AwsFrames.event(
            "contentBlockStart",
            json(at + ",'start':{'toolUse':{'toolUseId':'tooluse_" + index + "','name':'f'}}}")),
        AwsFrames.event(
            "contentBlockDelta", json(at + ",'delta':{'toolUse':{'input':" + arguments + "}}}")),
        AwsFrames.event("contentBlockStop", json(at + "}")));
  }

  private static Buffer events(String... payloads) {
    Buffer body = Buffer.buffer();
    for (String payload : payloads) {
      body.appendString(Sse.data(json(payload)));
    }
    return body;
  }

  /** Fills in the arguments of the calls, as strings and as objects. */
  private static String json(String json) {
    return json.replace('\'', '"')
        .formatted(
            "\"" + FIRST.replace("\"", "\\\"") + "\"",
            "\"" + SECOND.replace("\"", "\\\"") + "\"",
            FIRST,
            SECOND);
  }

  /** Returns the message that a client makes of the calls it received. */
  private static JsonObject assistant(List<ContentBlock> blocks) {
    JsonArray calls = new JsonArray();
    for (ContentBlock block : blocks) {
      JsonObject call =
          new JsonObject()
              .put("id", block.block().id())
              .put("type", "function")
              .put(
                  "function",
                  new JsonObject()
                      .put("name", block.block().name())
                      .put("arguments", block.content()));
      if (block.block().extra() != null) {
        call.put("extra_content", block.block().extra());
      }
      calls.add(call);
    }
    return new JsonObject().put("role", "assistant").put("tool_calls", calls);
  }

  private static JsonObject result(ContentBlock call, String text) {
    return new JsonObject()
        .put("role", "tool")
        .put("tool_call_id", call.block().id())
        .put("content", text);
  }

  private static void collectIds(Object json, List<String> ids) {
    if (json instanceof JsonObject object) {
      object.forEach(
          field -> {
            if (IDS.contains(field.getKey()) && field.getValue() instanceof String id) {
              ids.add(id);
            }
            collectIds(field.getValue(), ids);
          });
    } else if (json instanceof JsonArray array) {
      array.forEach(element -> collectIds(element, ids));
    }
  }
}
