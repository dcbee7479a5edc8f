package io.llmrelay.gateway.responses;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.LlmRelay;
import io.llmrelay.RelayVerticle;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.gateway.GatewayVerticle;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What accompanies an answer of another API: citations, log probabilities, details of reasoning.
 */
class DataTest extends ResponsesFixture {
  private static final String ANSWER =
      """
      data: {"choices":[{"delta":{"reasoning":"hm"}}]}

      data: {"choices":[{"delta":{"content":"Cheese"},"logprobs":{"content":[{"token":"Cheese","logprob":-0.5,"bytes":[67],"top_logprobs":[]}]}}]}

      data: {"choices":[{"delta":{"annotations":[{"type":"url_citation","url_citation":{"url":"https://a.example","title":"A","start_index":0,"end_index":6}},{"type":"file_citation","file_citation":{"document_title":"D"}}]}}]}

      data: {"choices":[{"delta":{"content":"!"}}]}

      data: {"choices":[{"delta":{"refusal":"But no."}}]}

      data: {"choices":[{"delta":{"reasoning_details":[{"type":"reasoning.encrypted","data":"ENC","id":"rs_1","format":"openai-responses-v1","index":0}]}}]}

      data: {"choices":[{"delta":{},"finish_reason":"stop"}]}

      data: [DONE]

      """;

  /** A server that writes text between the fragments of a call. */
  private static final String INTERRUPTED =
      """
      data: {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c1","function":{"name":"f","arguments":"{\\"a\\":"}}]}}]}

      data: {"choices":[{"delta":{"content":"Wait."}}]}

      data: {"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}}]}

      data: {"choices":[{"delta":{"content":"Done."}}]}

      data: {"choices":[{"delta":{"tool_calls":[{"index":1,"id":"c2","function":{"name":"f","arguments":"{}"}}]}}]}

      data: {"choices":[{"delta":{},"finish_reason":"tool_calls"}]}

      data: [DONE]

      """;

  private JsonObject received;
  private String answer = ANSWER;

  @Override
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
                              received = body.toJsonObject();
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
                "router",
                new BackendOptions()
                    .setDialect("openai")
                    .setProvider("openrouter")
                    .setBaseUrl("http://127.0.0.1:" + backend)
                    .setApiKey("k"));
    vertx.deployVerticle(new RelayVerticle(options)).await();
    GatewayVerticle gateway =
        new GatewayVerticle(new GatewayOptions().setPort(0), LlmRelay.create(vertx));
    vertx.deployVerticle(gateway).await();
    port = gateway.actualPort();
    baseUrl = "http://127.0.0.1:" + port + "/v1";
  }

  @Test
  void accompaniesTheAnswer() throws Exception {
    JsonObject request =
        new JsonObject()
            .put("model", "m")
            .put("input", JsonArray.of(user("Hi")))
            .put("include", JsonArray.of("message.output_text.logprobs"));

    List<JsonObject> events = stream(request);

    assertValid(events);
    assertThat(received.getBoolean("logprobs")).isTrue();
    List<JsonObject> annotations =
        events.stream().filter(event -> type(event).endsWith("annotation.added")).toList();
    assertThat(annotations).hasSize(2);
    assertThat(annotations.get(0).getJsonObject("annotation").getString("url"))
        .isEqualTo("https://a.example");
    assertThat(annotations.get(1).getInteger("annotation_index")).isEqualTo(1);
    JsonObject response = last(events);
    JsonArray parts = item(response, 1).getJsonArray("content");
    assertThat(parts.getJsonObject(0).getString("text")).isEqualTo("Cheese!");
    assertThat(parts.getJsonObject(0).getJsonArray("annotations")).hasSize(2);
    assertThat(parts.getJsonObject(0).getJsonArray("logprobs").getJsonObject(0).getString("token"))
        .isEqualTo("Cheese");
    assertThat(parts.getJsonObject(1).getString("refusal")).isEqualTo("But no.");
    assertThat(deltas(events, "refusal")).isEqualTo("But no.");
    JsonObject late = item(response, 2);
    assertThat(late.getString("type")).isEqualTo("reasoning");
    JsonObject whole = generate(request);
    assertValid(whole);
    assertThat(whole.getJsonArray("output")).hasSize(3);

    JsonArray input = JsonArray.of(user("Hi")).addAll(response.getJsonArray("output"));
    generate(request.copy().put("input", input.add(user("Go on"))));
    assertThat(received.encode())
        .contains("\"data\":\"ENC\"")
        .contains("Cheese!", "But no.")
        .doesNotContain("relay_");
  }

  @Test
  void textBetweenTheFragmentsOfACallIsAnItemOfItsOwn() throws Exception {
    answer = INTERRUPTED;
    JsonObject request =
        new JsonObject()
            .put("model", "m")
            .put("input", JsonArray.of(user("Hi")))
            .put("tools", new JsonArray("[{\"type\":\"function\",\"name\":\"f\"}]"));

    List<JsonObject> events = named(post(request.copy().put("stream", true)).body());

    assertValid(events);
    JsonObject response = last(events);
    assertThat(response.getJsonArray("output").stream().map(each -> type((JsonObject) each)))
        .containsExactly("function_call", "message", "function_call");
    assertThat(item(response, 0).getString("arguments")).isEqualTo("{\"a\":1}");
    assertThat(item(response, 1).encode()).contains("Wait.Done.");
    assertThat(item(response, 2).getString("arguments")).isEqualTo("{}");
    StringBuilder arguments = new StringBuilder();
    for (JsonObject event : events) {
      if (type(event).equals("response.function_call_arguments.delta")) {
        assertThat(event.getInteger("output_index")).isIn(0, 2);
        arguments.append(event.getString("delta"));
      }
    }
    assertThat(arguments).hasToString("{\"a\":1}{}");
    assertThat(generate(request).getJsonArray("output").encode())
        .contains("{\\\"a\\\":1}", "Wait.Done.");
  }
}
