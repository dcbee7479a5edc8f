package io.llmrelay.gateway.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.gateway.RelayFixture;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.MessageAggregator;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.ToolCallingManager;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;
import org.springframework.ai.tool.function.FunctionToolCallback;

/**
 * The tool loop of Spring AI through the gateway. One backend reasons and makes the calls, then it
 * fails, and a backend of another dialect goes on with the results.
 */
class SpringAiTest extends RelayFixture {
  private static final String RESULT = "18 °C, 晴れ";
  private static final String SCHEMA =
      """
      {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
      """;

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void goesOnAtAnotherBackend(boolean streaming) {
    sandbox.script(
        "primary", Scenario.of("tool-loop-reasoning-3-calls-2-fragment-1"), Scenario.http(503));
    sandbox.script("claude", Scenario.of("tool-loop"));
    OpenAiChatOptions options =
        OpenAiChatOptions.builder()
            .baseUrl(baseUrl)
            .apiKey("sk-caller")
            .maxRetries(0)
            .model(MODEL)
            .toolCallbacks(
                FunctionToolCallback.builder("get_weather", (Map<String, Object> city) -> RESULT)
                    .description("Weather of a city")
                    .inputType(Map.class)
                    .inputSchema(SCHEMA)
                    .build())
            .build();
    OpenAiChatModel model = OpenAiChatModel.builder().options(options).build();

    Prompt first = new Prompt(new UserMessage("Weather?"), options);
    ChatResponse calls = ask(model, first, streaming);
    assertThat(calls.getResult().getOutput().getToolCalls())
        .hasSize(2)
        .allSatisfy(call -> assertThat(call.arguments()).isEqualTo("{\"city\":\"city\"}"));
    Prompt second =
        new Prompt(
            ToolCallingManager.builder()
                .build()
                .executeToolCalls(first, calls)
                .conversationHistory(),
            options);
    ChatResponse answer = ask(model, second, streaming);
    assertThat(answer.getResult().getOutput().getText())
        .contains("The tool returned:")
        .contains(RESULT);
    assertThat(sandbox.calls("primary")).hasSize(2);
    assertThat(sandbox.calls("claude")).hasSize(1);
    JsonObject sent = sandbox.calls("primary").get(1).body();
    assertThat(sent.getJsonArray("messages").getJsonObject(1).getString("reasoning_content"))
        .isEqualTo("The user wants");
  }

  private static ChatResponse ask(OpenAiChatModel model, Prompt prompt, boolean streaming) {
    if (!streaming) {
      return model.call(prompt);
    }
    AtomicReference<ChatResponse> whole = new AtomicReference<>();
    new MessageAggregator().aggregate(model.stream(prompt), whole::set).blockLast();
    return whole.get();
  }
}
