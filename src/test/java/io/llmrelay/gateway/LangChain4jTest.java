package io.llmrelay.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import io.llmrelay.sandbox.Scenario;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** LangChain4j as a client of the gateway. */
class LangChain4jTest extends RelayFixture {
  private final StringBuilder partial = new StringBuilder();

  private ChatResponse stream() throws Exception {
    OpenAiStreamingChatModel model =
        OpenAiStreamingChatModel.builder()
            .baseUrl(baseUrl)
            .apiKey("sk-caller")
            .modelName(MODEL)
            .build();
    CompletableFuture<ChatResponse> done = new CompletableFuture<>();
    model.chat(
        "Hi",
        new StreamingChatResponseHandler() {
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
        });
    return done.get(10, TimeUnit.SECONDS);
  }

  @Test
  void streamsTextAndUsage() throws Exception {
    sandbox.script("primary", Scenario.ok().text("Grüße, 日本 🌍").chunkSize(1));

    ChatResponse response = stream();

    assertThat(partial).hasToString("Grüße, 日本 🌍");
    assertThat(response.aiMessage().text()).isEqualTo("Grüße, 日本 🌍");
    assertThat(response.tokenUsage().outputTokenCount()).isPositive();
    assertThat(response.metadata().modelName()).isEqualTo(MODEL);
  }

  @Test
  void seesAnErrorInMidStream() {
    sandbox.script("primary", Scenario.of("die-after-3"));

    assertThat(catchThrowable(this::stream)).isInstanceOf(ExecutionException.class);

    assertThat(partial).isNotEmpty();
  }

  @Test
  void seesAnErrorBeforeTheFirstChunk() {
    sandbox.script("primary", Scenario.http(503)).script("claude", Scenario.http(503));

    assertThat(catchThrowable(this::stream)).hasStackTraceContaining("server_error");
  }
}
