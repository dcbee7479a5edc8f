package io.llmrelay.gateway.anthropic;

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
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** An Anthropic backend behind the front of the same API: both ways, everything passes through. */
class LosslessTest extends HttpFixture {
  private static final String ANSWER =
      """
      {"type":"message_start","message":{"id":"msg_01","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929","content":[],"stop_reason":null,"stop_sequence":null,"container":{"id":"c1","expires_at":"2026-12-01T00:00:00Z"},"usage":{"input_tokens":12,"cache_creation_input_tokens":3,"cache_read_input_tokens":5,"cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":0},"output_tokens":1,"service_tier":"standard"}}}
      {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}
      {"type":"ping"}
      {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"I should \\"search\\" "}}
      {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"für Käse 🧀."}}
      {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQBCgIYAhIM1gbcDa9GJwZA2b3h"}}
      {"type":"content_block_stop","index":0}
      {"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"EmwKAhgBEgy3va3pzix"}}
      {"type":"content_block_stop","index":1}
      {"type":"content_block_start","index":2,"content_block":{"type":"server_tool_use","id":"srvtoolu_01","name":"web_search","input":{},"caller":{"type":"direct"}}}
      {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":""}}
      {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\\"query\\": \\"cheese\\"}"}}
      {"type":"content_block_stop","index":2}
      {"type":"content_block_start","index":3,"content_block":{"type":"web_search_tool_result","tool_use_id":"srvtoolu_01","content":[{"type":"web_search_result","title":"Cheese","url":"https://example.com","encrypted_content":"ABC","page_age":null}]}}
      {"type":"content_block_stop","index":3}
      {"type":"content_block_start","index":4,"content_block":{"type":"text","text":"","citations":[]}}
      {"type":"content_block_delta","index":4,"delta":{"type":"text_delta","text":"Cheese is "}}
      {"type":"content_block_delta","index":4,"delta":{"type":"citations_delta","citation":{"type":"web_search_result_location","cited_text":"Cheese…","url":"https://example.com","title":"Cheese","encrypted_index":"Eo8B"}}}
      {"type":"content_block_delta","index":4,"delta":{"type":"text_delta","text":"good.\\n"}}
      {"type":"content_block_stop","index":4}
      {"type":"content_block_start","index":5,"content_block":{"type":"text","text":""}}
      {"type":"content_block_delta","index":5,"delta":{"type":"text_delta","text":"Next"}}
      {"type":"content_block_delta","index":5,"delta":{"type":"future_delta","future":"unknown \\u2028 text"}}
      {"type":"content_block_stop","index":5}
      {"type":"future_event","value":[1,2,{"a":null}]}
      {"type":"content_block_start","index":6,"content_block":{"type":"tool_use","id":"toolu_01","name":"get_weather","input":{},"caller":{"type":"direct"}}}
      {"type":"content_block_delta","index":6,"delta":{"type":"input_json_delta","partial_json":""}}
      {"type":"content_block_delta","index":6,"delta":{"type":"input_json_delta","partial_json":"{\\"city\\": \\"Ber"}}
      {"type":"content_block_delta","index":6,"delta":{"type":"input_json_delta","partial_json":"lin\\"}"}}
      {"type":"content_block_stop","index":6}
      {"type":"content_block_start","index":7,"content_block":{"type":"tool_use","id":"toolu_02","name":"get_weather","input":{}}}
      {"type":"content_block_delta","index":7,"delta":{"type":"input_json_delta","partial_json":"{\\"city\\": \\"Oslo\\"}"}}
      {"type":"content_block_stop","index":7}
      {"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"END","container":{"id":"c1"}},"usage":{"input_tokens":12,"cache_creation_input_tokens":3,"cache_read_input_tokens":5,"output_tokens":77,"server_tool_use":{"web_search_requests":1}},"context_management":{"applied_edits":[{"type":"clear_tool_uses_20250919","cleared_tool_uses":2}]}}
      {"type":"message_stop"}
      """;

  private final HttpClient client = HttpClient.newHttpClient();
  private final List<JsonObject> received = new ArrayList<>();
  private final JsonObject receivedHeaders = new JsonObject();
  private Buffer answer;
  private String contentType = "text/event-stream";

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
                              request.headers().forEach(receivedHeaders::put);
                              request.response().putHeader("content-type", contentType).end(answer);
                            }))
            .listen(0, "127.0.0.1")
            .await()
            .actualPort();
    RelayOptions options =
        new RelayOptions()
            .addBackend(
                "claude",
                new BackendOptions()
                    .setDialect("anthropic")
                    .setBaseUrl("http://127.0.0.1:" + backend)
                    .setApiKey("sk-ant-own")
                    .setHeaders(Map.of("anthropic-beta", "configured-2026-01-01")));
    vertx.deployVerticle(new RelayVerticle(options)).await();
    GatewayVerticle gateway =
        new GatewayVerticle(new GatewayOptions().setPort(0), LlmRelay.create(vertx));
    vertx.deployVerticle(gateway).await();
    port = gateway.actualPort();
  }

  private HttpResponse<String> post(JsonObject body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/messages?beta=true"))
            .header("anthropic-version", "2023-06-01")
            .header("anthropic-beta", "context-management-2025-06-27,fine-grained-2025-05-14")
            .header("x-api-key", "caller's own")
            .POST(BodyPublishers.ofString(body.encode()))
            .build(),
        BodyHandlers.ofString());
  }

  private static JsonObject request(boolean stream) {
    return new JsonObject()
        .put("model", "claude-sonnet-4-5-20250929")
        .put("max_tokens", 1000)
        .put("stream", stream)
        .put(
            "messages",
            new JsonArray().add(new JsonObject().put("role", "user").put("content", "Hi")));
  }

  /** A stream as Anthropic frames it. */
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

  private static List<JsonObject> events(Buffer stream) {
    return HttpFixture.events(stream.toString()).stream()
        .filter(event -> !"ping".equals(event.getString("type")))
        .toList();
  }

  @Test
  void eventsPassThrough() throws Exception {
    answer = stream(ANSWER);

    HttpResponse<String> response = post(request(true));

    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(events(response.body())).isEqualTo(events(answer));
    response
        .body()
        .lines()
        .filter(line -> line.startsWith("event: "))
        .forEach(line -> assertThat(response.body()).contains(line + "\ndata: {\"type\":\""));
  }

  static Stream<Recording> recordings() {
    assumeTrue(Recording.folder() != null, "no recordings: set llmrelay.fixtures");
    return Recording.all().stream()
        .filter(each -> each.dialect().equals("anthropic") && !each.isError() && !each.fails())
        .filter(each -> !each.name().contains("refusal")); // It has no content to commit.
  }

  @ParameterizedTest
  @MethodSource("recordings")
  void recordingsPassThrough(Recording recording) throws Exception {
    answer = recording.body();

    HttpResponse<String> response = post(request(true));

    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(events(response.body())).isEqualTo(events(answer));
  }

  @Test
  void aWholeAnswerIsWhatItsEventsAmountTo() throws Exception {
    answer = stream(ANSWER);

    JsonObject whole = new JsonObject(post(request(false)).body());

    assertThat(whole).isEqualTo(accumulated(events(answer)));
    assertThat(whole.getString("stop_sequence")).isEqualTo("END");
    assertThat(whole.getJsonArray("content").getJsonObject(0).getString("thinking"))
        .isEqualTo("I should \"search\" für Käse 🧀.");
    assertThat(whole.getJsonArray("content").getJsonObject(6).getJsonObject("input"))
        .isEqualTo(new JsonObject().put("city", "Berlin"));
    assertThat(whole.getJsonObject("context_management").getJsonArray("applied_edits")).hasSize(1);
  }

  private static JsonObject accumulated(List<JsonObject> events) {
    MessageAccumulator message = new MessageAccumulator();
    events.forEach(message::add);
    return message.toJson();
  }

  @Test
  void anAnswerThatIsNotStreamedPassesThrough() throws Exception {
    JsonObject message =
        accumulated(
            events(
                ANSWER
                    .lines()
                    .map(line -> "data: " + line)
                    .reduce("", (all, line) -> all + line + "\n")));
    answer = message.toBuffer();
    contentType = "application/json";

    HttpResponse<String> whole = post(request(false));
    HttpResponse<String> streamed = post(request(true));

    assertThat(new JsonObject(whole.body())).isEqualTo(message);
    assertThat(accumulated(events(streamed.body()))).isEqualTo(message);
  }

  @Test
  void theRequestPassesThrough() throws Exception {
    answer = stream(ANSWER);
    JsonObject request =
        new JsonObject(
            """
            {"model": "claude-sonnet-4-5-20250929", "max_tokens": 4000, "stream": false,
             "system": [{"type": "text", "text": "Be brief.",
               "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
             "metadata": {"user_id": "user_%s"},
             "thinking": {"type": "enabled", "budget_tokens": 2000},
             "temperature": 1, "top_k": 7, "stop_sequences": ["END", "a", "b", "c", "d"],
             "context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]},
             "container": "c1", "service_tier": "auto", "mcp_servers": [{"name": "m"}],
             "a_future_field": {"x": [1, null]},
             "tool_choice": {"type": "auto", "disable_parallel_tool_use": true},
             "tools": [{"type": "web_search_20250305", "name": "web_search", "max_uses": 3},
               {"name": "get_weather", "input_schema": {"type": "object", "$defs": {}},
                "eager_input_streaming": true, "cache_control": {"type": "ephemeral"}}],
             "messages": [
               {"role": "user", "content": [
                 {"type": "image", "source": {"type": "file", "file_id": "file_1"}},
                 {"type": "document", "source": {"type": "text", "media_type": "text/plain",
                   "data": "x"}, "citations": {"enabled": true}, "future": 1},
                 {"type": "search_result", "source": "s", "title": "t", "content": []}]},
               {"role": "assistant", "content": [
                 {"type": "thinking", "thinking": "Hm", "signature": "EqQB"},
                 {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}},
                 {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
                 {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"a": 1.50}}]},
               {"role": "user", "content": [
                 {"type": "tool_result", "tool_use_id": "toolu_1", "is_error": true,
                  "content": [{"type": "text", "text": "no\\ud83e\\uddc0"}]}]}]}
            """
                .formatted("a".repeat(200)));

    HttpResponse<String> response = post(request);

    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(received).containsExactly(request.copy().put("stream", true));
    assertThat(receivedHeaders.getString("anthropic-version")).isEqualTo("2023-06-01");
    assertThat(receivedHeaders.getString("anthropic-beta"))
        .isEqualTo("configured-2026-01-01,context-management-2025-06-27,fine-grained-2025-05-14");
    assertThat(receivedHeaders.getString("x-api-key")).isEqualTo("sk-ant-own");
    assertThat(response.headers().firstValue("x-relay-warning")).isEmpty();
  }
}
