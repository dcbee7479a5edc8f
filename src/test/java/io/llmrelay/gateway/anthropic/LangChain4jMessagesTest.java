package io.llmrelay.gateway.anthropic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.image.Image;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.anthropic.AnthropicStreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.output.FinishReason;
import io.llmrelay.sandbox.Scenario;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** LangChain4j's Anthropic client against the gateway, with backends of three dialects. */
class LangChain4jMessagesTest extends MessagesFixture {
  private static final String RESULT = "18 °C, 晴れ";
  private static final String PIXEL =
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
          + "gg==";

  private final StringBuilder partial = new StringBuilder();

  private AnthropicStreamingChatModel.AnthropicStreamingChatModelBuilder model(String... backends) {
    return AnthropicStreamingChatModel.builder()
        .baseUrl("http://127.0.0.1:" + port + "/v1")
        .apiKey("sk-caller")
        .modelName("any")
        .maxTokens(4096)
        .returnThinking(true)
        .sendThinking(true)
        .customParameters(Map.of("relay", Map.of("candidates", List.of(backends))));
  }

  private class Collector implements StreamingChatResponseHandler {
    final CompletableFuture<ChatResponse> done = new CompletableFuture<>();

    @Override
    public void onPartialResponse(String text) {
      partial.append(text);
    }

    @Override
    public void onCompleteResponse(ChatResponse response) {
      done.complete(response);
    }

    @Override
    public void onError(Throwable error) {
      done.completeExceptionally(error);
    }
  }

  private ChatResponse stream(AnthropicStreamingChatModel model, ChatRequest request)
      throws Exception {
    Collector collector = new Collector();
    model.chat(request, collector);
    return collector.done.get(10, TimeUnit.SECONDS);
  }

  private static ChatRequest.Builder hello() {
    return ChatRequest.builder().messages(UserMessage.from("Hi"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"claude", "google", "compatible"})
  void textAndUsage(String backend) throws Exception {
    sandbox.script(backend, Scenario.ok().text("Grüße, 日本 🌍").chunkSize(1));

    ChatResponse response = stream(model(backend).build(), hello().build());

    assertThat(partial).hasToString("Grüße, 日本 🌍");
    assertThat(response.aiMessage().text()).isEqualTo("Grüße, 日本 🌍");
    assertThat(response.tokenUsage().inputTokenCount()).isPositive();
    assertThat(response.tokenUsage().outputTokenCount()).isPositive();
    assertThat(response.finishReason()).isEqualTo(FinishReason.STOP);
    assertThat(response.id()).startsWith("msg_");
  }

  @ParameterizedTest
  @ValueSource(strings = {"claude", "google", "compatible"})
  void toolsAndThinkingOverTwoTurns(String backend) throws Exception {
    sandbox.script(backend, Scenario.of("tool-loop-calls-2-fragment-1-reasoning-2"));
    ToolSpecification tool =
        ToolSpecification.builder()
            .name("get_weather")
            .parameters(
                JsonObjectSchema.builder().addStringProperty("city").required("city").build())
            .build();
    AnthropicStreamingChatModel model =
        model(backend).thinkingType("enabled").thinkingBudgetTokens(1024).build();
    List<ChatMessage> messages = new ArrayList<>();
    messages.add(UserMessage.from("Weather?"));

    AiMessage call =
        stream(model, ChatRequest.builder().messages(messages).toolSpecifications(tool).build())
            .aiMessage();
    assertThat(call.thinking()).isNotEmpty();
    assertThat(call.toolExecutionRequests()).hasSize(2);
    messages.add(call);
    for (ToolExecutionRequest request : call.toolExecutionRequests()) {
      messages.add(ToolExecutionResultMessage.from(request, RESULT));
    }
    ChatResponse end =
        stream(model, ChatRequest.builder().messages(messages).toolSpecifications(tool).build());

    assertThat(end.aiMessage().text()).isEqualTo("The tool returned: " + RESULT + ", " + RESULT);
  }

  @ParameterizedTest
  @ValueSource(strings = {"claude", "google", "compatible"})
  void images(String backend) throws Exception {
    UserMessage question =
        UserMessage.from(
            ImageContent.from(Image.builder().base64Data(PIXEL).mimeType("image/png").build()),
            TextContent.from("What is it?"));

    ChatResponse response =
        stream(model(backend).build(), ChatRequest.builder().messages(question).build());

    assertThat(response.aiMessage().text()).isNotEmpty();
    assertThat(sandbox.calls(backend).get(0).body().encode()).contains(PIXEL);
  }

  @ParameterizedTest
  @ValueSource(strings = {"claude", "google", "compatible"})
  void structuredAnswers(String backend) throws Exception {
    sandbox.script(backend, Scenario.of("json"));
    ResponseFormat format =
        ResponseFormat.builder()
            .type(ResponseFormatType.JSON)
            .jsonSchema(
                JsonSchema.builder()
                    .name("person")
                    .rootElement(
                        JsonObjectSchema.builder()
                            .addStringProperty("name")
                            .required("name")
                            .additionalProperties(false)
                            .build())
                    .build())
            .build();

    ChatResponse response = stream(model(backend).build(), hello().responseFormat(format).build());

    assertThat(response.aiMessage().text()).startsWith("{\"name\":");
  }

  @ParameterizedTest
  @ValueSource(strings = {"claude", "google", "compatible"})
  void anErrorInMidStream(String backend) {
    sandbox.script(backend, Scenario.of("die-after-3"));

    assertThat(catchThrowable(() -> stream(model(backend).build(), hello().build())))
        .isInstanceOf(ExecutionException.class);

    assertThat(partial).isNotEmpty();
  }

  @Test
  void anErrorBeforeTheFirstChunk() {
    sandbox.script("compatible", Scenario.http(503));

    assertThat(catchThrowable(() -> stream(model("compatible").build(), hello().build())))
        .hasStackTraceContaining("overloaded_error");
  }

  @Test
  void cancelling() {
    sandbox.script("claude", Scenario.ok().chunks(10_000).chunkDelay(5));
    model("claude")
        .build()
        .chat(
            hello().build(),
            new Collector() {
              @Override
              public void onPartialResponse(PartialResponse text, PartialResponseContext context) {
                context.streamingHandle().cancel();
              }
            });

    await().until(() -> sandbox.calls("claude").size() == 1);
    await().until(() -> sandbox.calls("claude").get(0).aborted());
  }
}
