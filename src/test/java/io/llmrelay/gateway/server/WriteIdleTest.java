package io.llmrelay.gateway.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.GatewayKeyOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.gateway.FakeRelay;
import io.llmrelay.gateway.FakeStream;
import io.llmrelay.gateway.GatewayFixture;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Clients that do not read their response. */
class WriteIdleTest extends GatewayFixture {
  private static final int LIMIT_MS = 1_200;
  private static final String KEY = "a-key-of-more-than-20-characters";
  private static final String AUTHORIZATION = "Authorization: Bearer " + KEY + "\r\n";

  /** Limits the key to one request at a time, and the gateway to one connection. */
  @Override
  public GatewayOptions options() {
    return super.options()
        .setMaxConnections(1)
        .setWriteIdleTimeout(Duration.ofMillis(LIMIT_MS))
        .addKey("a", new GatewayKeyOptions().setKey(KEY).setMaxConcurrent(1));
  }

  private FakeStream flood(Socket socket) throws Exception {
    post(socket, AUTHORIZATION, streamRequest());
    FakeStream stream = relay.streams.take();
    for (int i = 0; i < 40_000; i++) {
      stream.text("x".repeat(1000));
    }
    stream.end(FinishReason.STOP, TokenUsage.NONE, null);
    await().until(() -> stream.pauses.get() > 0);
    return stream;
  }

  private boolean isServed() {
    relay.script = stream -> stream.text("x").end(FinishReason.STOP, TokenUsage.NONE, null);
    try (Socket socket = connect()) {
      post(socket, AUTHORIZATION + "Connection: close\r\n", streamRequest());
      return new String(socket.getInputStream().readAllBytes(), US_ASCII).contains("[DONE]");
    } catch (IOException refused) {
      return false;
    }
  }

  @Test
  void unreadStreamIsCancelledAndReleased() throws Exception {
    try (Socket socket = connectNarrow()) {
      FakeStream stream = flood(socket);

      assertThat(relay.cancelled.poll(10 * LIMIT_MS, TimeUnit.MILLISECONDS)).isTrue();

      await().until(() -> stream.cancelled);
      await().until(this::isServed);
    }
  }

  @Test
  void connectionOfAnUnreadCompletionIsReset() throws Exception {
    relay.generate =
        request ->
            Future.succeededFuture(
                FakeRelay.completion("x".repeat(40_000_000), "", "", FakeRelay.USAGE));
    try (Socket socket = connectNarrow()) {
      JsonObject body = completionRequest();
      post(socket, AUTHORIZATION, body);
      relay.requests.take();
      assertThat(isServed()).isFalse();

      await().atMost(10 * LIMIT_MS, TimeUnit.MILLISECONDS).until(this::isServed);
    }
  }

  @Test
  void slowReaderIsNotIdle() throws Exception {
    try (Socket socket = connectNarrow()) {
      FakeStream stream = flood(socket);
      for (int i = 0; i < 12; i++) {
        Thread.sleep(LIMIT_MS / 4);
        socket.getInputStream().readNBytes(1_500_000);
      }
      assertThat(relay.cancelled).isEmpty();
      assertThat(stream.cancelled).isFalse();
    }
  }
}
