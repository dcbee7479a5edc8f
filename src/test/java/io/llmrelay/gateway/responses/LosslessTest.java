package io.llmrelay.gateway.responses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.llmrelay.LlmRelay;
import io.llmrelay.RelayVerticle;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.gateway.GatewayVerticle;
import io.llmrelay.gateway.HttpFixture;
import io.llmrelay.provider.Recording;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A backend of the Responses API behind its front: both ways, everything passes through. */
class LosslessTest extends HttpFixture {
  private static final String ANSWER =
      """
      {"type":"response.created","response":{"id":"resp_1","object":"response","status":"in_progress","model":"gpt-5","output":[],"tools":[{"type":"web_search"}],"a_future_field":{"x":[1.50,null]}}}
      {"type":"response.in_progress","response":{"id":"resp_1","status":"in_progress"}}
      {"type":"response.output_item.added","output_index":0,"item":{"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":""}}
      {"type":"response.reasoning_summary_part.added","item_id":"rs_1","output_index":0,"summary_index":0,"part":{"type":"summary_text","text":""}}
      {"type":"response.reasoning_summary_text.delta","item_id":"rs_1","output_index":0,"summary_index":0,"delta":"One \\"two\\""}
      {"type":"response.reasoning_summary_text.delta","item_id":"rs_1","output_index":0,"summary_index":0,"delta":" drei 🧀"}
      {"type":"response.reasoning_summary_text.done","item_id":"rs_1","output_index":0,"summary_index":0,"text":"One \\"two\\" drei 🧀"}
      {"type":"response.reasoning_summary_part.added","item_id":"rs_1","output_index":0,"summary_index":1,"part":{"type":"summary_text","text":""}}
      {"type":"response.reasoning_summary_text.delta","item_id":"rs_1","output_index":0,"summary_index":1,"delta":"Next"}
      {"type":"response.output_item.done","output_index":0,"item":{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"One \\"two\\" drei 🧀"},{"type":"summary_text","text":"Next"}],"encrypted_content":"gAAAA"}}
      {"type":"response.output_item.added","output_index":1,"item":{"id":"ws_1","type":"web_search_call","status":"in_progress"}}
      {"type":"response.web_search_call.searching","output_index":1,"item_id":"ws_1"}
      {"type":"response.output_item.done","output_index":1,"item":{"id":"ws_1","type":"web_search_call","status":"completed","action":{"type":"search","query":"q"}}}
      {"type":"response.output_item.added","output_index":2,"item":{"id":"msg_1","type":"message","status":"in_progress","role":"assistant","content":[],"phase":"final_answer"}}
      {"type":"response.content_part.added","item_id":"msg_1","output_index":2,"content_index":0,"part":{"type":"output_text","text":"","annotations":[],"logprobs":[]}}
      {"type":"response.output_text.delta","item_id":"msg_1","output_index":2,"content_index":0,"delta":"Cheese ","logprobs":[]}
      {"type":"response.output_text.annotation.added","item_id":"msg_1","output_index":2,"content_index":0,"annotation_index":0,"annotation":{"type":"url_citation","url":"https://a.example","title":"A","start_index":0,"end_index":6}}
      {"type":"response.output_text.delta","item_id":"msg_1","output_index":2,"content_index":0,"delta":"is good.\\n","logprobs":[]}
      {"type":"response.output_text.delta","item_id":"msg_1","output_index":2,"content_index":0,"delta":"!","logprobs":[{"token":"!","logprob":-0.10,"top_logprobs":[]}]}
      {"type":"response.output_text.done","item_id":"msg_1","output_index":2,"content_index":0,"text":"Cheese is good.\\n!","logprobs":[]}
      {"type":"response.output_item.done","output_index":2,"item":{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Cheese is good.\\n!","annotations":[],"logprobs":[]}]}}
      {"type":"response.output_item.added","output_index":3,"item":{"id":"fc_1","type":"function_call","call_id":"call_1","name":"f","arguments":"","status":"in_progress"}}
      {"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":3,"delta":"{\\"a\\":"}
      {"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":3,"delta":"1}"}
      {"type":"response.function_call_arguments.done","item_id":"fc_1","output_index":3,"name":"f","arguments":"{\\"a\\":1}"}
      {"type":"response.output_item.done","output_index":3,"item":{"id":"fc_1","type":"function_call","call_id":"call_1","name":"f","arguments":"{\\"a\\":1}","status":"completed"}}
      {"type":"response.output_item.added","output_index":4,"item":{"id":"ctc_1","type":"custom_tool_call","call_id":"call_2","name":"apply_patch","input":""}}
      {"type":"response.custom_tool_call_input.delta","item_id":"ctc_1","output_index":4,"delta":"*** Begin"}
      {"type":"response.custom_tool_call_input.done","item_id":"ctc_1","output_index":4,"input":"*** Begin"}
      {"type":"response.output_item.done","output_index":4,"item":{"id":"ctc_1","type":"custom_tool_call","call_id":"call_2","name":"apply_patch","input":"*** Begin"}}
      {"type":"response.output_item.done","output_index":5,"item":{"id":"ls_1","type":"local_shell_call","call_id":"call_3","action":{"type":"exec","command":["ls"]}}}
      {"type":"response.a_future_event","value":[1,2,{"a":null}]}
      {"type":"response.completed","response":{"id":"resp_1","object":"response","status":"completed","model":"gpt-5","output":[{"id":"msg_1","type":"message"}],"usage":{"input_tokens":12,"input_tokens_details":{"cached_tokens":5},"output_tokens":77,"output_tokens_details":{"reasoning_tokens":3},"total_tokens":89},"service_tier":"priority"}}
      """;

  private final HttpClient client = HttpClient.newHttpClient();
  private final List<JsonObject> received = new ArrayList<>();
  private Buffer answer;

  @BeforeEach
  public void start() {
    int backend =
        vertx
            .createHttpServer()
            .requestHandler(
                request ->
                    request
                        .body()
                        .onSuccess(
                            body -> {
                              received.add(body.toJsonObject());
                              request
                                  .response()
                                  .putHeader("content-type", "text/event-stream")
                                  .end(answer);
                            }))
            .listen(0, "127.0.0.1")
            .await()
            .actualPort();
    RelayOptions options =
        new RelayOptions()
            .addBackend(
                "own",
                new BackendOptions()
                    .setDialect("openai-responses")
                    .setBaseUrl("http://127.0.0.1:" + backend)
                    .setApiKey("k"));
    vertx.deployVerticle(new RelayVerticle(options)).await();
    GatewayVerticle gateway =
        new GatewayVerticle(new GatewayOptions().setPort(0), LlmRelay.create(vertx));
    vertx.deployVerticle(gateway).await();
    port = gateway.actualPort();
  }

  private String post(JsonObject body) throws Exception {
    HttpResponse<String> response =
        client.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/responses"))
                .POST(BodyPublishers.ofString(body.encode()))
                .build(),
            BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return response.body();
  }

  private static JsonObject request(boolean stream) {
    return new JsonObject().put("model", "gpt-5").put("stream", stream).put("input", "Hi");
  }

  private static Buffer stream(String events) {
    Buffer stream = Buffer.buffer();
    events
        .lines()
        .forEach(
            line -> {
              String type = new JsonObject(line).getString("type");
              stream.appendString("event: " + type + "\ndata: " + line + "\n\n");
            });
    return stream;
  }

  /** Events without their numbers and their padding. */
  private static List<JsonObject> comparable(List<JsonObject> events) {
    List<JsonObject> comparable = new ArrayList<>();
    for (JsonObject event : events) {
      JsonObject copy = event.copy();
      copy.remove("sequence_number");
      copy.remove("obfuscation");
      comparable.add(copy);
    }
    return comparable;
  }

  @Test
  void eventsPassThrough() throws Exception {
    answer = stream(ANSWER);

    String body = post(request(true));

    assertThat(comparable(ResponsesFixture.named(body)))
        .isEqualTo(comparable(events(answer.toString())));
    assertThat(body).contains("1.50").contains("-0.10");
  }

  static Stream<Recording> recordings() {
    assumeTrue(Recording.folder() != null, "no recordings: set llmrelay.fixtures");
    return Recording.all().stream()
        .filter(each -> each.dialect().equals("openai-responses"))
        .filter(each -> !each.isError() && !each.fails())
        .filter(each -> !each.name().contains("incomplete")); // It has no content to commit.
  }

  @ParameterizedTest
  @MethodSource("recordings")
  void recordingsPassThrough(Recording recording) throws Exception {
    answer = recording.body();

    assertThat(comparable(ResponsesFixture.named(post(request(true)))))
        .isEqualTo(comparable(events(answer.toString())));
  }

  @Test
  void aWholeAnswerIsTheLastResponse() throws Exception {
    answer = stream(ANSWER);

    List<JsonObject> events = events(answer.toString());
    assertThat(new JsonObject(post(request(false))))
        .isEqualTo(events.get(events.size() - 1).getJsonObject("response"));
  }

  /** An image is content, so that what is longer than the latch can hold need not be held. */
  @Test
  void anImageMayBeLargeAndTheWholeAnswer() throws Exception {
    String image = "A".repeat(3_000_000);
    answer =
        stream(
            """
            {"type":"response.created","response":{"id":"resp_1","object":"response","status":"in_progress","model":"gpt-5","output":[]}}
            {"type":"response.output_item.added","output_index":0,"item":{"id":"ig_1","type":"image_generation_call","status":"in_progress"}}
            {"type":"response.image_generation_call.partial_image","item_id":"ig_1","output_index":0,"partial_image_index":0,"partial_image_b64":"IMAGE"}
            {"type":"response.output_item.done","output_index":0,"item":{"id":"ig_1","type":"image_generation_call","status":"completed","result":"IMAGE"}}
            {"type":"response.completed","response":{"id":"resp_1","object":"response","status":"completed","model":"gpt-5","output":[{"id":"ig_1","type":"image_generation_call","status":"completed","result":"IMAGE"}]}}
            """
                .replace("IMAGE", image));

    List<JsonObject> events = ResponsesFixture.named(post(request(true)));

    assertThat(comparable(events).equals(comparable(events(answer.toString())))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"local_shell_call", "computer_call", "mcp_approval_request", "a_future_item"})
  void anItemThatOnlyThisApiHasIsAnAnswer(String type) throws Exception {
    answer =
        stream(
            """
            {"type":"response.output_item.done","output_index":0,"item":{"id":"i_1","type":"TYPE"}}
            {"type":"response.completed","response":{"id":"resp_1","status":"completed","output":[{"id":"i_1","type":"TYPE"}]}}
            """
                .replace("TYPE", type));

    assertThat(comparable(ResponsesFixture.named(post(request(true)))))
        .isEqualTo(comparable(events(answer.toString())));
    assertThat(new JsonObject(post(request(false))).getJsonArray("output").getJsonObject(0))
        .isEqualTo(new JsonObject().put("id", "i_1").put("type", type));
  }

  @Test
  void interleavedCallsReachTheirItems() throws Exception {
    answer =
        stream(
            """
            {"type":"response.output_item.added","output_index":0,"item":{"id":"fc_1","type":"function_call","call_id":"c1","name":"f","arguments":""}}
            {"type":"response.output_item.added","output_index":1,"item":{"id":"fc_2","type":"function_call","call_id":"c2","name":"g","arguments":""}}
            {"type":"response.function_call_arguments.delta","item_id":"fc_2","output_index":1,"delta":"{\\"b\\":2"}
            {"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":0,"delta":"{\\"a\\":1}"}
            {"type":"response.output_item.done","output_index":0,"item":{"id":"fc_1","type":"function_call","call_id":"c1","name":"f","arguments":"{\\"a\\":1}"}}
            {"type":"response.function_call_arguments.delta","item_id":"fc_2","output_index":1,"delta":"}"}
            {"type":"response.output_item.done","output_index":1,"item":{"id":"fc_2","type":"function_call","call_id":"c2","name":"g","arguments":"{\\"b\\":2}"}}
            {"type":"response.completed","response":{"status":"completed"}}
            """);

    JsonObject arguments = new JsonObject();
    for (JsonObject event : ResponsesFixture.named(post(request(true)))) {
      if (event.containsKey("delta")) {
        String item = event.getString("item_id");
        arguments.put(item, arguments.getString(item, "") + event.getString("delta"));
      }
    }
    assertThat(arguments)
        .isEqualTo(new JsonObject().put("fc_1", "{\"a\":1}").put("fc_2", "{\"b\":2}"));
  }

  @Test
  void theRequestPassesThrough() throws Exception {
    answer = stream(ANSWER);
    JsonObject request =
        new JsonObject(
            """
            {"model": "gpt-5", "stream": false, "store": true, "instructions": "Be brief.",
             "input": [{"role": "user", "content": [{"type": "input_text", "text": "\\ud83e\\uddc0"},
                 {"type": "input_image", "file_id": "file_1", "detail": "auto"}]},
               {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAA"},
               {"type": "local_shell_call", "id": "ls_1", "call_id": "c", "action": {"x": 1.50}},
               {"type": "local_shell_call_output", "id": "lo_1", "output": "x"},
               {"type": "item_reference", "id": "msg_1"},
               {"type": "a_future_item", "future": [1, null]}],
             "tools": [{"type": "web_search", "external_web_access": false}, {"type": "local_shell"},
               {"type": "custom", "name": "apply_patch"},
               {"type": "namespace", "name": "n", "tools": []}],
             "tool_choice": {"type": "local_shell"}, "parallel_tool_calls": true,
             "reasoning": {"effort": "low", "summary": "detailed", "future": 1},
             "include": ["reasoning.encrypted_content", "web_search_call.action.sources"],
             "text": {"verbosity": "low", "future": 2}, "truncation": "auto", "max_tool_calls": 3,
             "prompt": {"id": "pmpt_1"}, "prompt_cache_key": "k", "metadata": {"a": "b"},
             "context_management": [{"type": "compaction"}], "a_future_field": {"x": [1, null]}}
            """);

    post(request);

    assertThat(received).containsExactly(request.copy().put("stream", true));
  }

  @Test
  void hintsToTheRelayAreItsOwnAndAModelThatDoesNotReasonIsNotAskedTo() throws Exception {
    answer = stream(ANSWER);
    JsonObject request =
        request(false)
            .put("model", "gpt-4o")
            .put("reasoning", new JsonObject().put("effort", "low"))
            .put("include", JsonArray.of("reasoning.encrypted_content"))
            .put("relay", new JsonObject().put("candidates", JsonArray.of("own/gpt-4o")));

    post(request);

    assertThat(received)
        .containsExactly(
            new JsonObject()
                .put("model", "gpt-4o")
                .put("stream", true)
                .put("input", "Hi")
                .put("include", new JsonArray()));
  }
}
