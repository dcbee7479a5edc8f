package io.llmrelay.gateway.openai;

import static org.assertj.core.api.Assertions.assertThat;

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
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import io.llmrelay.gateway.RelayFixture;
import io.llmrelay.sandbox.Scenario;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tool loops of clients through the gateway. One backend makes the calls, then it fails, and a
 * backend of another dialect goes on with the results.
 */
class ClientLoopTest extends RelayFixture {
  private static final String RESULT = "18 °C, 晴れ";
  private static final String QUOTED = "The tool returned: " + RESULT;

  /** The arguments of a tool; the SDK makes a strict schema from its fields. */
  public static final class GetWeather {
    public String city;
  }

  private void callsComeFromTheFirst() {
    sandbox.script("primary", Scenario.of("tool-loop-calls-2-fragment-1"), Scenario.http(503));
    sandbox.script("claude", Scenario.of("tool-loop"));
  }

  private void bothHaveServed() {
    assertThat(sandbox.calls("primary")).hasSize(2);
    assertThat(sandbox.calls("claude")).hasSize(1);
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
  void openAiJava(boolean streaming) {
    callsComeFromTheFirst();
    OpenAIClient client =
        OpenAIOkHttpClient.builder()
            .baseUrl(baseUrl)
            .apiKey("sk-caller")
            .maxRetries(0)
            .responseValidation(true)
            .build();
    ChatCompletionCreateParams.Builder params =
        ChatCompletionCreateParams.builder()
            .model(MODEL)
            .addUserMessage("Weather?")
            .addTool(GetWeather.class);
    ChatCompletionMessage message = ask(client, params, streaming);
    params.addMessage(message);
    List<ChatCompletionMessageToolCall> calls = message.toolCalls().orElseThrow();
    assertThat(calls).hasSize(2);
    for (ChatCompletionMessageToolCall call : calls) {
      assertThat(call.asFunction().function().arguments(GetWeather.class).city).isEqualTo("city");
      params.addMessage(
          ChatCompletionToolMessageParam.builder()
              .toolCallId(call.asFunction().id())
              .content(RESULT)
              .build());
    }
    assertThat(ask(client, params, streaming).content()).contains(QUOTED + ", " + RESULT);
    bothHaveServed();
    client.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void langChain4j(boolean streaming) throws Exception {
    callsComeFromTheFirst();
    List<ChatMessage> messages = new ArrayList<>();
    messages.add(UserMessage.from("Weather?"));
    AiMessage calls = ask(messages, streaming);
    messages.add(calls);
    assertThat(calls.toolExecutionRequests()).hasSize(2);
    for (ToolExecutionRequest request : calls.toolExecutionRequests()) {
      assertThat(request.arguments()).isEqualTo("{\"city\":\"city\"}");
      messages.add(ToolExecutionResultMessage.from(request, RESULT));
    }
    assertThat(ask(messages, streaming).text()).isEqualTo(QUOTED + ", " + RESULT);
    bothHaveServed();
  }

  private AiMessage ask(List<ChatMessage> messages, boolean streaming) throws Exception {
    ToolSpecification tool =
        ToolSpecification.builder()
            .name("get_weather")
            .parameters(
                JsonObjectSchema.builder().addStringProperty("city").required("city").build())
            .build();
    ChatRequest request = ChatRequest.builder().messages(messages).toolSpecifications(tool).build();
    if (!streaming) {
      return OpenAiChatModel.builder()
          .baseUrl(baseUrl)
          .apiKey("sk-caller")
          .modelName(MODEL)
          .maxRetries(0)
          .build()
          .chat(request)
          .aiMessage();
    }
    CompletableFuture<ChatResponse> answer = new CompletableFuture<>();
    OpenAiStreamingChatModel.builder()
        .baseUrl(baseUrl)
        .apiKey("sk-caller")
        .modelName(MODEL)
        .build()
        .chat(
            request,
            new StreamingChatResponseHandler() {
              @Override
              public void onPartialResponse(String partial) {}

              @Override
              public void onCompleteResponse(ChatResponse complete) {
                answer.complete(complete);
              }

              @Override
              public void onError(Throwable error) {
                answer.completeExceptionally(error);
              }
            });
    return answer.get(20, TimeUnit.SECONDS).aiMessage();
  }
}
