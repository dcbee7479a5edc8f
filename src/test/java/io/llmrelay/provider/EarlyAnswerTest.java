package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.EmbeddingRequest;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmRequest;
import io.llmrelay.chat.Timeouts;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A server that answers before it has read the request, and never reads the rest. */
@ExtendWith(VertxExtension.class)
class EarlyAnswerTest {
  /** More than sockets hold. */
  private static final ChatRequest LARGE = ChatRequest.of(ChatMessage.user("x".repeat(24_000_000)));

  private static final ChatRequest SMALL =
      Rig.HELLO.forCandidate("m", new Timeouts(Duration.ofSeconds(20), null, null, null, null));

  private static final RawServer.Behaviour TOO_LARGE =
      call -> call.answer(413, "application/json", "{\"error\":{\"message\":\"too large\"}}");

  @Test
  void ofAnErrorDoesNotKeepTheConnection(Vertx vertx) throws IOException {
    keepsNoConnection(vertx, LARGE, TOO_LARGE, FailureKind.CONTEXT_LENGTH);
  }

  @Test
  void thatIsCompleteDoesNotKeepTheConnection(Vertx vertx) throws IOException {
    keepsNoConnection(vertx, LARGE, RawServer.Call::answer, null);
  }

  @Test
  void toAnEmbeddingDoesNotKeepTheConnection(Vertx vertx) throws IOException {
    EmbeddingRequest large = EmbeddingRequest.of("x".repeat(24_000_000)).withModel("m");
    keepsNoConnection(vertx, large, TOO_LARGE, FailureKind.CONTEXT_LENGTH);
    String vectors = "{\"data\": [{\"index\": 0, \"embedding\": [0.5]}]}";
    keepsNoConnection(vertx, large, call -> call.answer(200, "application/json", vectors), null);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"200 | {\"input_tokens\": 7} | 7", "413 | {} |", "200 | {\"input_tokens\" |"})
  void toACountOfTokensDoesNotKeepTheConnection(
      int status, String body, Integer tokens, Vertx vertx) throws IOException {
    withEarly(
        call -> call.answer(status, "application/json", body),
        server -> {
          Rig rig =
              Rig.at(vertx, Rig.options("anthropic", null).setMaxConnections(1), server.port());
          JsonObject large = LARGE.withModel("m").toJson();
          for (int i = 0; i < 2; i++) {
            Object counted =
                Consumer.await(
                    vertx
                        .eventBus()
                        .<JsonObject>request(rig.address() + ".tokens", large)
                        .<Object>map(reply -> reply.body().getInteger("input_tokens"))
                        .otherwise(refused -> null));
            assertThat(counted).isEqualTo(tokens);
          }
          assertThat(rig.open(SMALL, true).awaitEnd().failure.status())
              .as("the next request is answered, if not in the format of its API")
              .isEqualTo(200);
          assertThat(server.calls).hasSize(3);
        });
  }

  private static void keepsNoConnection(
      Vertx vertx, LlmRequest request, RawServer.Behaviour early, FailureKind expected)
      throws IOException {
    withEarly(
        early,
        server -> {
          Rig rig = Rig.at(vertx, Rig.options("openai", null).setMaxConnections(1), server.port());
          for (int i = 0; i < 2; i++) {
            LlmRequest large = request.withModel("m");
            Consumer consumer = Consumer.open(vertx, rig.address(), large, true).awaitEnd();
            assertThat(consumer.failure == null ? null : consumer.failure.kind())
                .isEqualTo(expected);
          }
          assertThat(rig.open(SMALL, true).awaitEnd().failure).isNull();
          assertThat(server.calls).hasSize(3);
        });
  }

  /**
   * Runs a test with a server that answers large requests early, and small ones when it has read
   * them.
   */
  private static void withEarly(
      RawServer.Behaviour early, java.util.function.Consumer<RawServer> test) throws IOException {
    CountDownLatch done = new CountDownLatch(1);
    try (RawServer server =
        new RawServer(
            call -> {
              if (Integer.parseInt(call.header("content-length")) < 1_000_000) {
                call.body();
                call.answer();
              } else {
                early.handle(call);
                awaitUninterruptibly(done);
              }
            })) {
      test.accept(server);
    } finally {
      done.countDown();
    }
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
