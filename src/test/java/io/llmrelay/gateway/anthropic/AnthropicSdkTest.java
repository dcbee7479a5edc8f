package io.llmrelay.gateway.anthropic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.JsonValue;
import com.anthropic.core.http.StreamResponse;
import com.anthropic.errors.AnthropicServiceException;
import com.anthropic.errors.BadRequestException;
import com.anthropic.errors.InternalServerException;
import com.anthropic.errors.NotFoundException;
import com.anthropic.errors.RateLimitException;
import com.anthropic.errors.SseException;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.Base64ImageSource;
import com.anthropic.models.messages.ContentBlockParam;
import com.anthropic.models.messages.ImageBlockParam;
import com.anthropic.models.messages.JsonOutputFormat;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCountTokensParams;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.OutputConfig;
import com.anthropic.models.messages.RawMessageStreamEvent;
import com.anthropic.models.messages.StopReason;
import com.anthropic.models.messages.TextBlockParam;
import com.anthropic.models.messages.Tool;
import com.anthropic.models.messages.ToolBash20250124;
import com.anthropic.models.messages.ToolResultBlockParam;
import com.anthropic.models.messages.ToolUseBlock;
import io.llmrelay.sandbox.Scenario;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Anthropic's Java SDK against the gateway, with backends of three dialects. */
class AnthropicSdkTest extends MessagesFixture {
  private static final String TEXT = "Grüße vom \"Relay\":\n\t日本 🌍 \\o/";
  private static final String RESULT = "18 °C, 晴れ";
  private static final String PIXEL =
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
          + "gg==";

  private AnthropicClient anthropic;

  @BeforeEach
  void openClient() {
    anthropic =
        AnthropicOkHttpClient.builder()
            .baseUrl("http://127.0.0.1:" + port)
            .apiKey("sk-caller")
            .maxRetries(0)
            .responseValidation(true)
            .build();
  }

  @AfterEach
  void closeClient() {
    anthropic.close();
  }

  private static MessageCreateParams.Builder params(String... backends) {
    return MessageCreateParams.builder()
        .model("any")
        .maxTokens(4096)
        .putAdditionalBodyProperty(
            "relay", JsonValue.from(Map.of("candidates", List.of(backends))));
  }

  private Message stream(MessageCreateParams params) {
    MessageAccumulator all = MessageAccumulator.create();
    try (StreamResponse<RawMessageStreamEvent> events =
        anthropic.messages().createStreaming(params)) {
      events.stream().map(RawMessageStreamEvent::validate).forEach(all::accumulate);
    }
    return all.message().validate();
  }

  private Message ask(MessageCreateParams.Builder params, boolean streaming) {
    return streaming
        ? stream(params.build())
        : anthropic.messages().create(params.build()).validate();
  }

  private static String text(Message message) {
    return message.content().stream()
        .flatMap(block -> block.text().stream())
        .map(text -> text.text())
        .collect(Collectors.joining());
  }

  @ParameterizedTest
  @ValueSource(strings = {"claude", "google", "compatible"})
  void text(String backend) {
    sandbox.script(backend, Scenario.ok().text(TEXT).chunkSize(1));
    for (boolean streaming : new boolean[] {true, false}) {
      Message message = ask(params(backend).addUserMessage("Hi"), streaming);

      assertThat(text(message)).isEqualTo(TEXT);
      assertThat(message.stopReason()).contains(StopReason.END_TURN);
      assertThat(message.usage().inputTokens()).isPositive();
      assertThat(message.usage().outputTokens()).isPositive();
    }
  }

  private static Tool tool() {
    Tool.InputSchema.Properties properties =
        Tool.InputSchema.Properties.builder()
            .putAdditionalProperty("city", JsonValue.from(Map.of("type", "string")))
            .build();
    return Tool.builder()
        .name("get_weather")
        .inputSchema(Tool.InputSchema.builder().properties(properties).addRequired("city").build())
        .build();
  }

  @ParameterizedTest
  @ValueSource(strings = {"claude", "google", "compatible"})
  void toolsAndThinkingOverTwoTurns(String backend) {
    for (boolean streaming : new boolean[] {true, false}) {
      sandbox.script(backend, Scenario.of("tool-loop-calls-2-fragment-1-reasoning-2"));
      MessageCreateParams.Builder params =
          params(backend).enabledThinking(1024).addUserMessage("Weather?").addTool(tool());
      Message message = ask(params, streaming);
      assertThat(message.stopReason()).contains(StopReason.TOOL_USE);
      assertThat(message.content().get(0).thinking().orElseThrow().signature()).isNotEmpty();
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

      assertThat(text(ask(params, streaming)))
          .isEqualTo("The tool returned: " + RESULT + ", " + RESULT);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"claude", "google", "compatible"})
  void images(String backend) {
    Base64ImageSource png =
        Base64ImageSource.builder()
            .data(PIXEL)
            .mediaType(Base64ImageSource.MediaType.IMAGE_PNG)
            .build();
    MessageCreateParams.Builder params =
        params(backend)
            .addUserMessageOfContentBlockParams(
                List.of(
                    ContentBlockParam.ofImage(ImageBlockParam.builder().source(png).build()),
                    ContentBlockParam.ofText(
                        TextBlockParam.builder().text("What is it?").build())));

    assertThat(text(ask(params, true))).isNotEmpty();
    assertThat(sandbox.calls(backend).get(0).body().encode()).contains(PIXEL);
  }

  @ParameterizedTest
  @ValueSource(strings = {"claude", "google", "compatible"})
  void structuredAnswers(String backend) {
    sandbox.script(backend, Scenario.of("json"));
    JsonOutputFormat.Schema schema =
        JsonOutputFormat.Schema.builder()
            .putAdditionalProperty("type", JsonValue.from("object"))
            .putAdditionalProperty(
                "properties", JsonValue.from(Map.of("name", Map.of("type", "string"))))
            .putAdditionalProperty("required", JsonValue.from(List.of("name")))
            .putAdditionalProperty("additionalProperties", JsonValue.from(false))
            .build();
    MessageCreateParams.Builder params =
        params(backend)
            .addUserMessage("Hi")
            .outputConfig(
                OutputConfig.builder()
                    .format(JsonOutputFormat.builder().schema(schema).build())
                    .build());

    assertThat(text(ask(params, true))).startsWith("{\"name\":");
  }

  @ParameterizedTest
  @ValueSource(strings = {"claude", "google", "compatible"})
  void theFallbackServes(String backend) {
    sandbox.script("broken", Scenario.of("sse-error"));
    sandbox.script(backend, Scenario.ok().text(TEXT).chunkSize(2));

    assertThat(text(stream(params("broken", backend).addUserMessage("Hi").build())))
        .isEqualTo(TEXT);
    assertThat(sandbox.calls("broken")).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"claude", "google", "compatible"})
  void aFailureInMidStreamIsRaised(String backend) {
    sandbox.script(backend, Scenario.of("die-after-3"));
    StringBuilder seen = new StringBuilder();

    SseException error =
        catchThrowableOfType(
            SseException.class,
            () -> {
              try (var events =
                  anthropic
                      .messages()
                      .createStreaming(params(backend).addUserMessage("Hi").build())) {
                events.stream()
                    .flatMap(event -> event.contentBlockDelta().stream())
                    .flatMap(delta -> delta.delta().text().stream())
                    .forEach(delta -> seen.append(delta.text()));
              }
            });

    assertThat(seen).isNotEmpty();
    assertThat(error.getMessage()).contains("api_error");
  }

  private <T extends AnthropicServiceException> T failure(Class<T> type, String model) {
    MessageCreateParams params = params("compatible").model(model).addUserMessage("Hi").build();
    T streaming = catchThrowableOfType(type, () -> stream(params));
    T atOnce = catchThrowableOfType(type, () -> anthropic.messages().create(params));
    assertThat(streaming.statusCode()).isEqualTo(atOnce.statusCode());
    assertThat(streaming.type()).isEqualTo(atOnce.type());
    return streaming;
  }

  @Test
  void aBadRequestNamesTheField() {
    BadRequestException error =
        catchThrowableOfType(
            BadRequestException.class,
            () ->
                stream(
                    params("compatible")
                        .addUserMessage("Hi")
                        .putAdditionalBodyProperty("temperature", JsonValue.from(1.5))
                        .build()));

    assertThat(error).hasMessageContaining("temperature: must be a number from 0 to 1");
    assertThat(error.type().orElseThrow().asString()).isEqualTo("invalid_request_error");
    assertThat(sandbox.calls()).isEmpty();
  }

  @Test
  void aRateLimitHasARetryDelay() {
    sandbox.script("compatible", Scenario.of("429-retry-after-7"));

    RateLimitException error = failure(RateLimitException.class, "any");

    assertThat(error.type().orElseThrow().asString()).isEqualTo("rate_limit_error");
    assertThat(error.headers().values("retry-after"))
        .singleElement()
        .satisfies(seconds -> assertThat(Integer.parseInt(seconds)).isBetween(6, 7));
    assertThat(error.headers().values("request-id")).hasSize(1);
  }

  @Test
  void unavailableBackendsAreAServerError() {
    sandbox.script("compatible", Scenario.http(503));

    InternalServerException error = failure(InternalServerException.class, "any");

    assertThat(error.statusCode()).isEqualTo(502);
    assertThat(error.headers().values("x-should-retry")).containsExactly("false");
  }

  @Test
  void anUnknownModelIsNotFound() {
    NotFoundException error =
        catchThrowableOfType(
            NotFoundException.class,
            () ->
                anthropic
                    .messages()
                    .create(
                        MessageCreateParams.builder()
                            .model("claude-9")
                            .maxTokens(5)
                            .addUserMessage("Hi")
                            .build()));

    assertThat(error.type().orElseThrow().asString()).isEqualTo("not_found_error");
  }

  @Test
  void closingTheStreamAbortsTheBackend() {
    sandbox.script("claude", Scenario.ok().chunks(10_000).chunkDelay(5));
    try (var events =
        anthropic.messages().createStreaming(params("claude").addUserMessage("Hi").build())) {
      Iterator<RawMessageStreamEvent> some = events.stream().iterator();
      some.next();
      some.next();
    }

    await().until(() -> sandbox.calls("claude").get(0).aborted());
  }

  @Test
  void aToolThatAnthropicDefinesIsCalled() {
    sandbox.script("claude", Scenario.of("tool-call").toolCall("bash", "{\"command\":\"ls\"}"));
    for (boolean streaming : new boolean[] {true, false}) {
      MessageCreateParams.Builder params =
          params("compatible", "claude")
              .addUserMessage("List the files.")
              .addTool(ToolBash20250124.builder().build());

      ToolUseBlock call =
          ask(params, streaming).content().stream()
              .flatMap(block -> block.toolUse().stream())
              .findFirst()
              .orElseThrow();

      assertThat(call.name()).isEqualTo("bash");
      assertThat(sandbox.calls("compatible")).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"claude", "google", "compatible"})
  void aRefusalIsAnAnswer(String backend) {
    sandbox.script(backend, Scenario.of("refusal"));
    for (boolean streaming : new boolean[] {true, false}) {
      assertThat(ask(params(backend).addUserMessage("Hi"), streaming).stopReason())
          .contains(StopReason.REFUSAL);
    }
  }

  @Test
  void tokensAreCounted() {
    MessageCountTokensParams params =
        MessageCountTokensParams.builder().model("m").addUserMessage("x".repeat(400)).build();

    assertThat(anthropic.messages().countTokens(params).validate().inputTokens()).isEqualTo(100);
  }
}
