package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.Timeouts;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A server that answers before it has read the request, and never reads the rest. */
@ExtendWith(VertxExtension.class)
class EarlyAnswerTest {
  /** More than sockets hold. */
  private static final ChatRequest LARGE = ChatRequest.of(ChatMessage.user("x".repeat(24_000_000)));

  @Test
  void ofAnErrorDoesNotKeepTheConnection(Vertx vertx) throws IOException {
    keepsNoConnection(
        vertx,
        call -> call.answer(413, "application/json", "{\"error\":{\"message\":\"too large\"}}"),
        FailureKind.CONTEXT_LENGTH);
  }

  @Test
  void thatIsCompleteDoesNotKeepTheConnection(Vertx vertx) throws IOException {
    keepsNoConnection(vertx, RawServer.Call::answer, null);
  }

  private static void keepsNoConnection(
      Vertx vertx, RawServer.Behaviour early, FailureKind expected) throws IOException {
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
      Rig rig = Rig.at(vertx, Rig.options("openai", null).setMaxConnections(1), server.port());
      for (int i = 0; i < 2; i++) {
        Consumer large = rig.open(LARGE, true).awaitEnd();
        assertThat(large.failure == null ? null : large.failure.kind()).isEqualTo(expected);
      }

      Timeouts connect = new Timeouts(Duration.ofSeconds(20), null, null, null, null);
      ChatRequest small = Rig.HELLO.forCandidate("m", connect);
      assertThat(rig.open(small, true).awaitEnd().failure).isNull();
      assertThat(server.calls).hasSize(3);
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
