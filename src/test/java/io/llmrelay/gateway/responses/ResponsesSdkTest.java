package io.llmrelay.gateway.responses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.InternalServerException;
import com.openai.errors.RateLimitException;
import com.openai.errors.SseException;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.Reasoning;
import com.openai.models.ReasoningEffort;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseFunctionToolCall;
import com.openai.models.responses.ResponseIncludable;
import com.openai.models.responses.ResponseInputImage;
import com.openai.models.responses.ResponseInputItem;
import com.openai.models.responses.ResponseOutputItem;
import com.openai.models.responses.ResponseStatus;
import com.openai.models.responses.ResponseStreamEvent;
import io.llmrelay.sandbox.Scenario;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** OpenAI's Java SDK against the gateway, with backends of four dialects. */
class ResponsesSdkTest extends ResponsesFixture {
  private static final String TEXT = "Grüße vom \"Relay\":\n\t日本 🌍 \\o/";

  private OpenAIClient sdk;

  /** What a structured answer is read into. */
  public static class Weather {
    public String city;
    public String unit;
  }

  /** A function. */
  public static class GetWeather {
    public String city;
  }

  @BeforeEach
  void openClient() {
    sdk =
        OpenAIOkHttpClient.builder()
            .baseUrl(baseUrl)
            .apiKey("sk-caller")
            .maxRetries(0)
            .responseValidation(true)
            .build();
  }

  @AfterEach
  void closeClient() {
    sdk.close();
  }

  private static ResponseCreateParams.Builder params(String backend) {
    return ResponseCreateParams.builder()
        .model(model(backend))
        .instructions("Be brief.")
        .input("Hi");
  }

  private static String model(String backend) {
    return switch (backend) {
      case "own" -> "own/gpt-5";
      case "claude" -> "claude/claude-sonnet-4-5";
      case "google" -> "google/gemini-3-pro";
      default -> "compatible/m";
    };
  }

  private Response stream(ResponseCreateParams params) {
    ResponseAccumulator all = ResponseAccumulator.create();
    try (StreamResponse<ResponseStreamEvent> events = sdk.responses().createStreaming(params)) {
      events.stream().map(ResponseStreamEvent::validate).forEach(all::accumulate);
    }
    return all.response();
  }

  private static String text(Response response) {
    StringBuilder text = new StringBuilder();
    response.output().stream()
        .flatMap(item -> item.message().stream())
        .flatMap(message -> message.content().stream())
        .flatMap(part -> part.outputText().stream())
        .forEach(part -> text.append(part.text()));
    return text.toString();
  }

  private static List<ResponseFunctionToolCall> calls(Response response) {
    return response.output().stream().flatMap(item -> item.functionCall().stream()).toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"own", "claude", "google", "compatible"})
  void text(String backend) {
    sandbox.script(backend, Scenario.ok().text(TEXT).chunkSize(1));

    Response streamed = stream(params(backend).build());
    Response whole = sdk.responses().create(params(backend).build()).validate();

    assertThat(text(streamed)).isEqualTo(TEXT);
    assertThat(text(whole)).isEqualTo(TEXT);
    assertThat(streamed.status()).contains(ResponseStatus.COMPLETED);
    assertThat(streamed.usage().orElseThrow().outputTokens()).isPositive();
    assertThat(sandbox.calls(backend).get(0).body().encode()).contains("Be brief.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"own", "claude", "google", "compatible"})
  void toolsAndReasoningOverTwoTurns(String backend) {
    sandbox.script(
        backend,
        Scenario.of("tool-calls-reasoning-2")
            .toolCall("GetWeather", "{\"city\":\"Oslo\"}")
            .toolCall("GetWeather", "{\"city\":\"Rome\"}"));
    ResponseCreateParams.Builder params =
        params(backend)
            .store(false)
            .addInclude(ResponseIncludable.REASONING_ENCRYPTED_CONTENT)
            .reasoning(Reasoning.builder().effort(ReasoningEffort.LOW).build())
            .addTool(GetWeather.class);

    Response first = stream(params.build());

    assertThat(calls(first)).hasSize(2);
    assertThat(calls(first).get(1).arguments(GetWeather.class).city).isEqualTo("Rome");
    assertThat(first.output().get(0).reasoning().orElseThrow().encryptedContent()).isPresent();
    List<ResponseInputItem> input = new ArrayList<>();
    input.add(
        ResponseInputItem.ofEasyInputMessage(
            com.openai.models.responses.EasyInputMessage.builder()
                .role(com.openai.models.responses.EasyInputMessage.Role.USER)
                .content("Weather?")
                .build()));
    for (ResponseOutputItem item : first.output()) {
      item.reasoning().ifPresent(own -> input.add(ResponseInputItem.ofReasoning(own)));
      item.message().ifPresent(own -> input.add(ResponseInputItem.ofResponseOutputMessage(own)));
      item.functionCall().ifPresent(own -> input.add(ResponseInputItem.ofFunctionCall(own)));
    }
    for (ResponseFunctionToolCall call : calls(first)) {
      input.add(
          ResponseInputItem.ofFunctionCallOutput(
              ResponseInputItem.FunctionCallOutput.builder()
                  .callId(call.callId())
                  .output("sunny")
                  .build()));
    }
    sandbox.script(backend, Scenario.of("tool-loop"));
    ResponseCreateParams second = params.inputOfResponse(input).build();

    assertThat(text(stream(second))).isEqualTo("The tool returned: sunny, sunny");
    assertThat(text(sdk.responses().create(second))).isEqualTo("The tool returned: sunny, sunny");
  }

  @ParameterizedTest
  @ValueSource(strings = {"own", "claude", "google", "compatible"})
  void structuredAnswers(String backend) {
    sandbox.script(backend, Scenario.of("json"));

    Weather weather =
        sdk
            .responses()
            .create(
                ResponseCreateParams.builder()
                    .model(model(backend))
                    .input("Weather?")
                    .text(Weather.class)
                    .build())
            .output()
            .stream()
            .flatMap(item -> item.message().stream())
            .flatMap(message -> message.content().stream())
            .flatMap(part -> part.outputText().stream())
            .findFirst()
            .orElseThrow();

    assertThat(weather.city).isNotBlank();
    assertThat(weather.unit).isNotBlank();
  }

  @ParameterizedTest
  @ValueSource(strings = {"own", "claude", "google", "compatible"})
  void images(String backend) {
    ResponseInputItem.Message message =
        ResponseInputItem.Message.builder()
            .role(ResponseInputItem.Message.Role.USER)
            .addInputTextContent("What is this?")
            .addContent(
                ResponseInputImage.builder()
                    .detail(ResponseInputImage.Detail.AUTO)
                    .imageUrl("data:image/png;base64,iVBORw0KGgo=")
                    .build())
            .build();

    Response response =
        stream(
            ResponseCreateParams.builder()
                .model(model(backend))
                .inputOfResponse(List.of(ResponseInputItem.ofMessage(message)))
                .build());

    assertThat(text(response)).isNotEmpty();
    assertThat(sandbox.calls(backend).get(0).body().encode()).contains("iVBORw0KGgo=");
  }

  @Test
  void errorsBeforeTheFirstEvent() {
    BadRequestException refused =
        catchThrowableOfType(
            BadRequestException.class,
            () -> stream(params("claude").previousResponseId("resp_1").build()));
    assertThat(refused.param()).contains("previous_response_id");

    scriptAll(Scenario.of("429-retry-after-7"));
    RateLimitException limited =
        catchThrowableOfType(RateLimitException.class, () -> stream(params("claude").build()));
    assertThat(limited.headers().values("retry-after")).hasSize(1);
    assertThat(limited.code()).contains("rate_limit_exceeded");
  }

  private void scriptAll(Scenario scenario) {
    List.of("own", "claude", "google", "compatible")
        .forEach(backend -> sandbox.script(backend, scenario));
  }

  @Test
  void unavailableBackendsAreAServerError() {
    scriptAll(Scenario.http(503));
    InternalServerException failed =
        catchThrowableOfType(
            InternalServerException.class, () -> sdk.responses().create(params("google").build()));
    assertThat(failed.headers().values("x-should-retry")).containsExactly("false");
  }

  @ParameterizedTest
  @ValueSource(strings = {"own", "claude", "google", "compatible"})
  void anErrorAfterTheFirstEventIsRaised(String backend) {
    sandbox.script(backend, Scenario.of("die-after-3"));
    StringBuilder seen = new StringBuilder();

    Throwable error =
        catchThrowable(
            () -> {
              try (var events = sdk.responses().createStreaming(params(backend).build())) {
                events.stream()
                    .flatMap(event -> event.outputTextDelta().stream())
                    .forEach(delta -> seen.append(delta.delta()));
              }
            });

    assertThat(seen).isNotEmpty();
    assertThat(error).isInstanceOf(SseException.class);
    assertThat(error).hasMessageContaining("the connection was lost");
  }

  @Test
  void closingTheStreamAbortsTheBackend() {
    sandbox.script("claude", Scenario.ok().chunks(10_000).chunkDelay(5));
    try (var events = sdk.responses().createStreaming(params("claude").build())) {
      Iterator<ResponseStreamEvent> some = events.stream().iterator();
      some.next();
      some.next();
    }

    await().until(() -> sandbox.calls("claude").get(0).aborted());
  }

  @Test
  void unknownFieldsAreAllowed() {
    Response response =
        sdk.responses()
            .create(
                params("compatible")
                    .putAdditionalBodyProperty("a_future_field", JsonValue.from(Map.of("a", 1)))
                    .build());
    assertThat(text(response)).isNotEmpty();
  }
}
