package io.llmrelay.gateway.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.InternalServerException;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIServiceException;
import com.openai.errors.RateLimitException;
import com.openai.errors.SseException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.models.Model;
import io.llmrelay.gateway.RelayFixture;
import io.llmrelay.sandbox.Scenario;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** OpenAI's Java SDK against the gateway. */
class OpenAiSdkTest extends RelayFixture {
  private static final String TEXT = "Grüße vom \"Relay\":\n\t日本 🌍 \\o/";

  private OpenAIClient client;

  @BeforeEach
  void openClient() {
    client =
        OpenAIOkHttpClient.builder()
            .baseUrl(baseUrl)
            .apiKey("sk-caller")
            .maxRetries(0)
            .responseValidation(true)
            .build();
  }

  @AfterEach
  void closeClient() {
    client.close();
  }

  private static ChatCompletionCreateParams.Builder params() {
    return ChatCompletionCreateParams.builder().model(MODEL).addUserMessage("Hi");
  }

  private ChatCompletion stream(ChatCompletionCreateParams params) {
    ChatCompletionAccumulator all = ChatCompletionAccumulator.create();
    try (StreamResponse<ChatCompletionChunk> chunks =
        client.chat().completions().createStreaming(params)) {
      chunks.stream().map(ChatCompletionChunk::validate).forEach(all::accumulate);
    }
    return all.chatCompletion();
  }

  private static String text(ChatCompletion answer) {
    return answer.choices().get(0).message().content().orElseThrow();
  }

  @Test
  void streams() {
    sandbox.script("primary", Scenario.ok().text(TEXT).chunkSize(1));

    ChatCompletion answer = stream(params().build());

    assertThat(text(answer)).isEqualTo(TEXT);
    assertThat(answer.id()).startsWith("chatcmpl-");
    assertThat(answer.model()).isEqualTo(MODEL);
    assertThat(answer.choices().get(0).finishReason())
        .isEqualTo(ChatCompletion.Choice.FinishReason.STOP);
    assertThat(answer.usage()).isEmpty();
  }

  @Test
  void streamsUsageWhenAskedFor() {
    ChatCompletion answer =
        stream(
            params()
                .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build())
                .build());

    assertThat(answer.usage().orElseThrow().completionTokens()).isPositive();
    assertThat(answer.usage().orElseThrow().totalTokens())
        .isEqualTo(
            answer.usage().orElseThrow().promptTokens()
                + answer.usage().orElseThrow().completionTokens());
  }

  @Test
  void completesWithHeaders() {
    sandbox.script("primary", Scenario.http(503));
    sandbox.script("claude", Scenario.ok().text(TEXT));

    try (var raw = client.chat().completions().withRawResponse().create(params().build())) {
      ChatCompletion answer = raw.parse().validate();
      assertThat(text(answer)).isEqualTo(TEXT);
      assertThat(answer.usage().orElseThrow().promptTokens()).isPositive();
      assertThat(answer.model()).isEqualTo(MODEL);
      assertThat(answer.id()).isEqualTo("chatcmpl-" + raw.requestId().orElseThrow());
      assertThat(raw.headers().values("x-relay-backend")).containsExactly("claude");
      assertThat(raw.headers().values("x-relay-model")).containsExactly(MODEL);
      assertThat(raw.headers().values("x-relay-attempts")).containsExactly("2");
    }
  }

  @Test
  void streamsFromTheFallback() {
    sandbox.script("primary", Scenario.of("sse-error"));
    sandbox.script("claude", Scenario.ok().text(TEXT).chunkSize(2));

    assertThat(text(stream(params().build()))).isEqualTo(TEXT);
    assertThat(sandbox.calls("primary")).hasSize(1);
  }

  private <T extends OpenAIServiceException> T failure(Class<T> type, String model) {
    var params = params().model(model).build();
    T streaming = catchThrowableOfType(type, () -> stream(params));
    T atOnce = catchThrowableOfType(type, () -> client.chat().completions().create(params));
    assertThat(streaming.statusCode()).isEqualTo(atOnce.statusCode());
    assertThat(streaming.code()).isEqualTo(atOnce.code());
    return streaming;
  }

  private void scriptAllBackends(Scenario scenario) {
    sandbox.script("primary", scenario).script("claude", scenario);
  }

  @Test
  void aBadRequestNamesTheField() {
    BadRequestException error =
        catchThrowableOfType(
            BadRequestException.class, () -> stream(params().presencePenalty(3.0).build()));

    assertThat(error.param()).contains("presence_penalty");
    assertThat(error.type()).contains("invalid_request_error");
    assertThat(error).hasMessageContaining("presence_penalty must be a number from -2 to 2");
    assertThat(sandbox.calls()).isEmpty();
  }

  @Test
  void rateLimitHasARetryDelay() {
    scriptAllBackends(Scenario.of("429-retry-after-7"));

    RateLimitException error = failure(RateLimitException.class, MODEL);

    assertThat(error.headers().values("retry-after"))
        .singleElement()
        .satisfies(seconds -> assertThat(Integer.parseInt(seconds)).isBetween(6, 7));
  }

  @Test
  void rejectedBackendKeyIsAServerError() {
    scriptAllBackends(Scenario.http(401));

    InternalServerException error = failure(InternalServerException.class, MODEL);

    assertThat(error.statusCode()).isEqualTo(502);
    assertThat(error.headers().values("x-should-retry")).containsExactly("false");
    assertThat(error.getMessage()).doesNotContain("sk-");
  }

  @Test
  void unavailableBackendsAreAServerError() {
    scriptAllBackends(Scenario.http(503));

    InternalServerException error = failure(InternalServerException.class, MODEL);

    assertThat(error.statusCode()).isEqualTo(502);
    assertThat(error.headers().values("x-should-retry")).containsExactly("false");
    assertThat(error.headers().values("x-request-id")).hasSize(1);
    assertThat(error.headers().values("x-relay-attempts")).containsExactly("2");
  }

  @Test
  void anUnknownModelIsNotFound() {
    assertThat(failure(NotFoundException.class, "gpt-9").code()).contains("model_not_found");
  }

  @Test
  void contextLengthHasOpenAisCode() {
    scriptAllBackends(Scenario.of("400-context"));

    assertThat(failure(BadRequestException.class, MODEL).code())
        .contains("context_length_exceeded");
  }

  @Test
  void aFailureInMidStreamIsRaised() {
    sandbox.script("primary", Scenario.of("die-after-3"));
    StringBuilder seen = new StringBuilder();

    SseException error =
        catchThrowableOfType(
            SseException.class,
            () -> {
              try (var chunks = client.chat().completions().createStreaming(params().build())) {
                chunks.stream()
                    .flatMap(chunk -> chunk.choices().stream())
                    .forEach(choice -> choice.delta().content().ifPresent(seen::append));
              }
            });

    assertThat(seen).isNotEmpty();
    assertThat(error.code()).contains("network");
    assertThat(error.type()).contains("server_error");
    assertThat(sandbox.calls("claude")).isEmpty();
  }

  @Test
  void closingTheStreamAbortsTheBackend() {
    sandbox.script("primary", Scenario.ok().chunks(10_000).chunkDelay(5));
    try (var chunks = client.chat().completions().createStreaming(params().build())) {
      Iterator<ChatCompletionChunk> some = chunks.stream().iterator();
      some.next();
      some.next();
    }

    await().until(() -> sandbox.calls("primary").get(0).aborted());
  }

  @Test
  void listsModels() {
    List<String> ids =
        client.models().list().data().stream().map(model -> model.validate().id()).toList();

    assertThat(ids).containsExactly("fast", MODEL, "primary/" + MODEL, "claude/" + MODEL);
    Model one = client.models().retrieve("claude/" + MODEL);
    assertThat(one.ownedBy()).isEqualTo("claude");
    assertThat(text(stream(params().model(one.id()).build()))).isNotEmpty();
    assertThat(sandbox.calls())
        .singleElement()
        .satisfies(call -> assertThat(call.backend()).isEqualTo("claude"));
    assertThat(catchThrowableOfType(NotFoundException.class, () -> client.models().retrieve("no")))
        .isNotNull();
  }
}
