package io.llmrelay.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.ContentBlock;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessage;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseOutputItem;
import com.openai.models.responses.ResponseStreamEvent;
import io.llmrelay.LlmRelay;
import io.llmrelay.RelayVerticle;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Backends that send other content between the fragments of a tool call: what the accumulators of
 * the vendors' SDKs build of it, at each front.
 */
class InterleavedBlocksTest {
  private static final Vertx VERTX = Vertx.vertx();
  private static OpenAIClient openai;
  private static AnthropicClient anthropic;

  /** The body of the next answer of the backend. */
  private static volatile String body;

  @BeforeAll
  static void start() {
    HttpServer server =
        VERTX
            .createHttpServer()
            .requestHandler(
                request ->
                    request.response().putHeader("content-type", "text/event-stream").end(body))
            .listen(0)
            .await();
    RelayOptions options = new RelayOptions();
    for (String dialect : List.of("openai", "openai-responses", "cohere")) {
      options.addBackend(
          dialect,
          new BackendOptions()
              .setDialect(dialect)
              .setBaseUrl("http://127.0.0.1:" + server.actualPort())
              .setApiKey("k"));
    }
    VERTX.deployVerticle(new RelayVerticle(options)).await();
    GatewayVerticle gateway =
        new GatewayVerticle(new GatewayOptions().setPort(0), LlmRelay.create(VERTX));
    VERTX.deployVerticle(gateway).await();
    String url = "http://127.0.0.1:" + gateway.actualPort();
    openai = OpenAIOkHttpClient.builder().baseUrl(url + "/v1").apiKey("k").maxRetries(0).build();
    anthropic = AnthropicOkHttpClient.builder().baseUrl(url).apiKey("k").maxRetries(0).build();
  }

  @AfterAll
  static void stop() {
    openai.close();
    anthropic.close();
    VERTX.close().await();
  }

  /**
   * In events, single quotes stand for double quotes. In arguments they stand for escaped ones, and
   * parentheses for the quotes around them.
   */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          text within a call | openai | call f {'a':1}, text one two | {'tool_calls':[{'index':0,'id':'a','function':{'name':'f','arguments':({'a')}}]} ; {'content':'one '} ; {'tool_calls':[{'index':0,'function':{'arguments':(:1)}}]} ; {'content':'two'} ; {'tool_calls':[{'index':0,'function':{'arguments':(})}}]}
          text after a call and a blank | openai | call f {'a':1}, text one two | {'tool_calls':[{'index':0,'id':'a','function':{'name':'f','arguments':({'a':1})}}]} ; {'content':'one '} ; {'tool_calls':[{'index':0,'function':{'arguments':( )}}]} ; {'content':'two'}
          two calls and text | openai | call f {'a':1}, text one, call g {'b':2} | {'tool_calls':[{'index':0,'id':'a','function':{'name':'f','arguments':({'a')}}]} ; {'tool_calls':[{'index':1,'id':'b','function':{'name':'g','arguments':({'b':)}}]} ; {'content':'one'} ; {'tool_calls':[{'index':0,'function':{'arguments':(:1})}}]} ; {'tool_calls':[{'index':1,'function':{'arguments':(2})}}]}
          text between two calls | openai | call f {'a':1}, text one, call g {'b':2} | {'tool_calls':[{'index':0,'id':'a','function':{'name':'f','arguments':({'a':1})}}]} ; {'content':'one'} ; {'tool_calls':[{'index':1,'id':'b','function':{'name':'g','arguments':({'b':2})}}]}
          reasoning within a call | openai | call f {'a':1}, reasoning hm, text one | {'tool_calls':[{'index':0,'id':'a','function':{'name':'f','arguments':({'a')}}]} ; {'reasoning_content':'h'} ; {'tool_calls':[{'index':0,'function':{'arguments':(:)}}]} ; {'reasoning_content':'m'} ; {'tool_calls':[{'index':0,'function':{'arguments':(1})}}]} ; {'content':'one'}
          a call without arguments | openai | text one two, call f {} | {'tool_calls':[{'index':0,'id':'a','function':{'name':'f','arguments':()}}]} ; {'content':'one '} ; {'content':'two'}
          text before the arguments begin | openai-responses | call f {'a':1}, text one | {'type':'response.output_item.added','output_index':0,'item':{'id':'fc_1','type':'function_call','call_id':'a','name':'f','arguments':'','status':'in_progress'}} ; {'type':'response.output_text.delta','output_index':1,'item_id':'m','content_index':0,'delta':'one','logprobs':[]} ; {'type':'response.function_call_arguments.delta','output_index':0,'item_id':'fc_1','delta':({'a':1})} ; {'type':'response.output_item.done','output_index':0,'item':{'id':'fc_1','type':'function_call','call_id':'a','name':'f','arguments':({'a':1}),'status':'completed'}} ; {'type':'response.output_item.done','output_index':1,'item':{'id':'m','type':'message','role':'assistant','status':'completed','content':[{'type':'output_text','text':'one','annotations':[],'logprobs':[]}]}}
          text after a call that has ended | cohere | call f {}, text one, call g {'b':2} | {'type':'tool-call-start','delta':{'message':{'tool_calls':{'id':'a','type':'function','function':{'name':'f','arguments':''}}}}} ; {'type':'tool-call-end'} ; {'type':'content-delta','delta':{'message':{'content':{'text':'one'}}}} ; {'type':'tool-call-start','delta':{'message':{'tool_calls':{'id':'b','type':'function','function':{'name':'g','arguments':''}}}}} ; {'type':'tool-call-delta','delta':{'message':{'tool_calls':{'function':{'arguments':({'b':2})}}}}} ; {'type':'tool-call-end'}
          """)
  void theBlocksAreWhole(String name, String dialect, String blocks, String events) {
    body = body(dialect, events.split(" ; "));
    List<String> expected = List.of(blocks.replace('\'', '"').split(", "));

    assertThat(messages(dialect)).isEqualTo(expected);
    assertThat(responses(dialect)).isEqualTo(expected);
    List<String> contents = expected.stream().filter(block -> !reasons(block)).sorted().toList();
    assertThat(chat(dialect)).isEqualTo(contents);
  }

  private static boolean reasons(String block) {
    return block.startsWith("reasoning");
  }

  private static String body(String dialect, String... events) {
    StringBuilder body = new StringBuilder();
    List<String> all = new ArrayList<>(Arrays.asList(events));
    all.add(
        switch (dialect) {
          case "openai" -> null;
          case "cohere" -> "{'type':'message-end','delta':{'finish_reason':'TOOL_CALL'}}";
          default -> "{'type':'response.completed','response':{'status':'completed'}}";
        });
    for (String event : all) {
      if (event != null) {
        String json = json(event);
        body.append("data: ")
            .append(dialect.equals("openai") ? "{\"choices\":[{\"delta\":" + json + "}]}" : json)
            .append("\n\n");
      }
    }
    return dialect.equals("openai")
        ? body
            + "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
        : body.toString();
  }

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

  /** The blocks of a message; the SDK appends a delta to the block that its index names. */
  private static List<String> messages(String dialect) {
    MessageCreateParams params =
        MessageCreateParams.builder()
            .model(dialect + "/m")
            .maxTokens(100)
            .addUserMessage("Hi")
            .build();
    MessageAccumulator all = MessageAccumulator.create();
    List<Long> open = new ArrayList<>();
    try (var events = anthropic.messages().createStreaming(params)) {
      events.stream()
          .forEach(
              event -> {
                all.accumulate(event);
                track(open, event);
              });
    }
    List<String> blocks = new ArrayList<>();
    for (ContentBlock block : all.message().content()) {
      block.text().ifPresent(text -> blocks.add("text " + text.text()));
      block.thinking().ifPresent(thinking -> blocks.add("reasoning " + thinking.thinking()));
      block
          .toolUse()
          .ifPresent(
              use ->
                  blocks.add(
                      "call "
                          + use.name()
                          + " "
                          + JsonObject.mapFrom(use._input().convert(Map.class))));
    }
    return blocks;
  }

  /** Asserts that there is one open block at a time, and that deltas are of that block. */
  private static void track(List<Long> open, RawMessageStreamEvent event) {
    event
        .contentBlockStart()
        .ifPresent(
            start -> {
              assertThat(open).isEmpty();
              open.add(start.index());
            });
    event.contentBlockDelta().ifPresent(delta -> assertThat(open).containsExactly(delta.index()));
    event
        .contentBlockStop()
        .ifPresent(
            stop -> {
              assertThat(open).containsExactly(stop.index());
              open.clear();
            });
  }

  /** The items of a response; the deltas of each must be its content. */
  private static List<String> responses(String dialect) {
    ResponseCreateParams params =
        ResponseCreateParams.builder().model(dialect + "/m").input("Hi").build();
    ResponseAccumulator all = ResponseAccumulator.create();
    Map<Long, String> deltas = new TreeMap<>();
    Map<Long, ResponseOutputItem> items = new TreeMap<>();
    try (var events = openai.responses().createStreaming(params)) {
      events.stream()
          .forEach(
              event -> {
                all.accumulate(event);
                event
                    .outputItemDone()
                    .ifPresent(done -> items.put(done.outputIndex(), done.item()));
                addDelta(deltas, event);
              });
    }
    items.forEach(
        (index, item) -> assertThat(deltas.getOrDefault(index, "")).isEqualTo(content(item)));
    List<String> blocks =
        items.values().stream().map(item -> kind(item) + " " + content(item)).toList();
    if (!dialect.equals(
        "openai-responses")) { // That one's last event passes through, without items.
      assertThat(all.response().output())
          .map(item -> kind(item) + " " + content(item))
          .isEqualTo(blocks);
    }
    return blocks;
  }

  private static void addDelta(Map<Long, String> deltas, ResponseStreamEvent event) {
    event
        .functionCallArgumentsDelta()
        .ifPresent(more -> deltas.merge(more.outputIndex(), more.delta(), String::concat));
    event
        .outputTextDelta()
        .ifPresent(more -> deltas.merge(more.outputIndex(), more.delta(), String::concat));
    event
        .reasoningSummaryTextDelta()
        .ifPresent(more -> deltas.merge(more.outputIndex(), more.delta(), String::concat));
  }

  private static String kind(ResponseOutputItem item) {
    return item.functionCall()
        .map(call -> "call " + call.name())
        .orElse(item.isMessage() ? "text" : "reasoning");
  }

  private static String content(ResponseOutputItem item) {
    StringBuilder content = new StringBuilder();
    item.functionCall().ifPresent(call -> content.append(call.arguments()));
    item.message().stream()
        .flatMap(message -> message.content().stream())
        .forEach(part -> content.append(part.asOutputText().text()));
    item.reasoning().stream()
        .flatMap(reasoning -> reasoning.summary().stream())
        .forEach(summary -> content.append(summary.text()));
    return content.toString();
  }

  /** The text and the calls of a completion, in alphabetical order, since it has no order. */
  private static List<String> chat(String dialect) {
    ChatCompletionCreateParams params =
        ChatCompletionCreateParams.builder().model(dialect + "/m").addUserMessage("Hi").build();
    ChatCompletionAccumulator all = ChatCompletionAccumulator.create();
    try (var chunks = openai.chat().completions().createStreaming(params)) {
      chunks.stream().forEach(all::accumulate);
    }
    ChatCompletionMessage message = all.chatCompletion().choices().get(0).message();
    List<String> contents = new ArrayList<>();
    message.toolCalls().orElse(List.of()).stream()
        .map(call -> call.asFunction().function())
        .forEach(call -> contents.add("call " + call.name() + " " + call.arguments()));
    message
        .content()
        .filter(text -> !text.isEmpty())
        .ifPresent(text -> contents.add("text " + text));
    return contents.stream().sorted().toList();
  }
}
