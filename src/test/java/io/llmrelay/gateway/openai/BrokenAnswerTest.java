package io.llmrelay.gateway.openai;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.chat.ChatEvent;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.gateway.FakeRelay;
import io.llmrelay.gateway.FakeStream;
import io.llmrelay.gateway.GatewayFixture;
import io.vertx.core.buffer.Buffer;
import java.net.Socket;
import org.junit.jupiter.api.Test;

/** The end of a stream on the wire, complete or failed. */
class BrokenAnswerTest extends GatewayFixture {
  private static final Failure FAILURE =
      Failure.of(FailureKind.NETWORK, "connection reset")
          .withRequestId("r1")
          .withCandidate("primary", "mock-model")
          .withDelivered(1, 5)
          .withTrail(FakeRelay.trail("mock-model"));

  private static final String LAST_EVENT =
      "data: {\"error\":{\"message\":\"connection reset\",\"type\":\"server_error\","
          + "\"code\":\"network\"}}\n\n";

  private static final String LAST_CHUNK = "\r\n0\r\n\r\n";

  @Test
  void abortsTheBodyAfterTheErrorEvent() throws Exception {
    relay.script = stream -> stream.text("Hello").fail(FAILURE).text("late").fail(FAILURE);
    try (Socket socket = open(streamRequest())) {
      // A reset would throw here.
      String answer = new String(socket.getInputStream().readAllBytes(), US_ASCII);

      assertThat(answer)
          .startsWith("HTTP/1.1 200 OK\r\n")
          .contains("transfer-encoding: chunked", "\"content\":\"Hello\"")
          .endsWith(LAST_EVENT + "\r\n")
          .doesNotContain("[DONE]", "event:", "late", LAST_CHUNK)
          .containsOnlyOnce("\"error\"");
    }
    await().until(this::idle);
  }

  @Test
  void anEventThatCannotBeSentEndsTheAnswer() throws Exception {
    relay.script =
        stream ->
            stream
                .text("Hello")
                .event(new ChatEvent.Chunk(null, Buffer.buffer("lost")))
                .text("late")
                .end(FinishReason.STOP, TokenUsage.NONE, null);
    try (Socket socket = open(streamRequest())) {
      String answer = new String(socket.getInputStream().readAllBytes(), US_ASCII);

      assertThat(answer)
          .contains("\"content\":\"Hello\"", "\"code\":\"internal\"")
          .doesNotContain("[DONE]", "late", LAST_CHUNK);
    }
    await().until(this::idle);
  }

  @Test
  void slowReaderGetsAllDataBeforeTheError() throws Exception {
    int chunks = 10_000;
    try (Socket socket = connectNarrow()) {
      post(socket, "", streamRequest());
      FakeStream stream = relay.streams.take();
      for (int i = 0; i < chunks; i++) {
        stream.text("x".repeat(1000));
      }
      stream.fail(FAILURE);
      await().until(() -> stream.pauses.get() > 0);

      String answer = new String(socket.getInputStream().readAllBytes(), US_ASCII);

      assertThat(answer).endsWith(LAST_EVENT + "\r\n");
      assertThat(answer.split("\"content\":\"x", -1)).hasSize(chunks + 1);
    }
  }

  @Test
  void endsACompleteBodyAfterDone() throws Exception {
    relay.script = stream -> stream.text("Hello").end(FinishReason.STOP, TokenUsage.NONE, null);
    try (Socket socket = open(streamRequest())) {
      assertThat(readUntil(socket, LAST_CHUNK)).endsWith("data: [DONE]\n\n" + LAST_CHUNK);
    }
  }

  @Test
  void closingAtDoneIsNoCancellation() throws Exception {
    relay.script = stream -> stream.text("Hello").end(FinishReason.STOP, TokenUsage.NONE, null);
    for (boolean reset : new boolean[] {false, true}) {
      try (Socket socket = open(streamRequest())) {
        readUntil(socket, "data: [DONE]");
        socket.setSoLinger(reset, 0);
      }
      await().until(this::idle);
      assertThat(relay.cancelled).isEmpty();
      assertThat(relay.streams.take().cancelled).isFalse();
    }
  }

  private boolean idle() throws Exception {
    return gateway.reload(options()).map(same -> gateway.isIdle()).await();
  }
}
