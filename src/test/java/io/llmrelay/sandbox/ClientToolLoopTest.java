package io.llmrelay.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.JsonValue;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.ContentBlockParam;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;
import com.anthropic.models.messages.Tool;
import com.anthropic.models.messages.ToolResultBlockParam;
import com.anthropic.models.messages.ToolUseBlock;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessage;
import com.openai.models.chat.completions.ChatCompletionMessageToolCall;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.openai.OpenAiChatModel;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tool loops of the vendors' clients and of LangChain4j, which keep their connections open. */
class ClientToolLoopTest {
  private static final String RESULT = "18 °C, 晴れ";
  private static final String QUOTED = "The tool returned: " + RESULT;

  private final Vertx vertx = Vertx.vertx();
  private Sandbox sandbox;

  @BeforeEach
  void start() throws Exception {
    sandbox = SandboxTestBase.get(Sandbox.start(vertx));
  }

  @AfterEach
  void close() throws Exception {
    SandboxTestBase.get(sandbox.close());
    SandboxTestBase.get(vertx.close());
  }

  /** The arguments of a tool; the SDKs make a strict schema from its fields. */
  public static final class GetWeather {
    public String city;
    public int days;
  }

  private static ChatCompletionMessage ask(
      OpenAIClient client, ChatCompletionCreateParams.Builder params, boolean streaming) {
    if (!streaming) {
      return client.chat().completions().create(params.build()).choices().get(0).message();
    }
    ChatCompletionAccumulator all = ChatCompletionAccumulator.create();
    try (StreamResponse<ChatCompletionChunk> chunks =
        client.chat().completions().createStreaming(params.build())) {
      chunks.stream().map(ChatCompletionChunk::validate).forEach(all::accumulate);
    }
    return all.chatCompletion().validate().choices().get(0).message();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void openAi(boolean streaming) {
    sandbox.script("primary", Scenario.of("tool-loop-calls-2-fragment-1-reasoning-2"));
    OpenAIClient client =
        OpenAIOkHttpClient.builder()
            .baseUrl(sandbox.backend("primary"))
            .apiKey("sk-1")
            .maxRetries(0)
            .responseValidation(true)
            .build();
    ChatCompletionCreateParams.Builder params =
        ChatCompletionCreateParams.builder()
            .model("gpt-x")
            .addUserMessage("Weather?")
            .addTool(GetWeather.class);
    ChatCompletionMessage message = ask(client, params, streaming);
    params.addMessage(message);
    List<ChatCompletionMessageToolCall> calls = message.toolCalls().orElseThrow();
    assertThat(calls).hasSize(2);
    for (ChatCompletionMessageToolCall call : calls) {
      GetWeather arguments = call.asFunction().function().arguments(GetWeather.class);
      assertThat(arguments.city).isEqualTo("city");
      params.addMessage(
          ChatCompletionToolMessageParam.builder()
              .toolCallId(call.asFunction().id())
              .content(RESULT)
              .build());
    }
    assertThat(ask(client, params, streaming).content()).contains(QUOTED + ", " + RESULT);
    client.close();
  }

  private static Tool anthropicTool() {
    Tool.InputSchema.Properties properties =
        Tool.InputSchema.Properties.builder()
            .putAdditionalProperty("city", JsonValue.from(Map.of("type", "string")))
            .build();
    return Tool.builder()
        .name("get_weather")
        .inputSchema(Tool.InputSchema.builder().properties(properties).addRequired("city").build())
        .build();
  }

  private static Message ask(
      AnthropicClient client, MessageCreateParams.Builder params, boolean streaming) {
    if (!streaming) {
      return client.messages().create(params.build()).validate();
    }
    MessageAccumulator all = MessageAccumulator.create();
    try (com.anthropic.core.http.StreamResponse<RawMessageStreamEvent> events =
        client.messages().createStreaming(params.build())) {
      events.stream().forEach(all::accumulate);
    }
    return all.message().validate();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anthropicWithThinking(boolean streaming) {
    sandbox.script("primary", Scenario.of("tool-loop-calls-2-fragment-1-reasoning-2"));
    AnthropicClient client =
        AnthropicOkHttpClient.builder()
            .baseUrl(sandbox.anthropicBackend("primary"))
            .apiKey("sk-1")
            .maxRetries(0)
            .build();
    MessageCreateParams.Builder params =
        MessageCreateParams.builder()
            .model("claude-x")
            .maxTokens(4096)
            .enabledThinking(1024)
            .addUserMessage("Weather?")
            .addTool(anthropicTool());
    Message message = ask(client, params, streaming);
    assertThat(message.content().get(0).thinking()).isPresent();
    params.addMessage(message);
    List<ContentBlockParam> results = new ArrayList<>();
    for (ToolUseBlock call :
        message.content().stream().flatMap(block -> block.toolUse().stream()).toList()) {
      results.add(
          ContentBlockParam.ofToolResult(
              ToolResultBlockParam.builder().toolUseId(call.id()).content(RESULT).build()));
    }
    assertThat(results).hasSize(2);
    params.addUserMessageOfContentBlockParams(results);
    Message end = ask(client, params, streaming);
    assertThat(end.content().get(end.content().size() - 1).text().orElseThrow().text())
        .isEqualTo(QUOTED + ", " + RESULT);
    client.close();
  }

  @Test
  void langChain4j() {
    sandbox.script("primary", Scenario.of("tool-loop"));
    ChatModel model =
        OpenAiChatModel.builder()
            .baseUrl(sandbox.backend("primary"))
            .apiKey("sk-1")
            .modelName("gpt-x")
            .maxRetries(0)
            .build();
    ToolSpecification tool =
        ToolSpecification.builder()
            .name("get_weather")
            .parameters(
                JsonObjectSchema.builder().addStringProperty("city").required("city").build())
            .build();
    List<ChatMessage> messages = new ArrayList<>();
    messages.add(UserMessage.from("Weather?"));
    AiMessage call = ask(model, messages, tool);
    messages.add(call);
    for (ToolExecutionRequest request : call.toolExecutionRequests()) {
      assertThat(request.name()).isEqualTo("get_weather");
      assertThat(request.arguments()).isEqualTo("{\"city\":\"city\"}");
      messages.add(ToolExecutionResultMessage.from(request, RESULT));
    }
    assertThat(ask(model, messages, tool).text()).isEqualTo(QUOTED);
  }

  private static AiMessage ask(
      ChatModel model, List<ChatMessage> messages, ToolSpecification tool) {
    return model
        .chat(ChatRequest.builder().messages(messages).toolSpecifications(tool).build())
        .aiMessage();
  }
}
