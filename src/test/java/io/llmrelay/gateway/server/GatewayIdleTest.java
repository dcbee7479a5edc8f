package io.llmrelay.gateway.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.gateway.FakeStream;
import io.llmrelay.gateway.GatewayFixture;
import java.net.Socket;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** When a gateway is idle, for which a graceful shutdown waits. */
class GatewayIdleTest extends GatewayFixture {
  private boolean idle() throws Exception {
    // A reload completes on the gateway's context, where isIdle must be called.
    return gateway.reload(options()).map(same -> gateway.isIdle()).await(5, TimeUnit.SECONDS);
  }

  @Test
  void isBusyUntilTheClientHasReadTheResponse() throws Exception {
    assertThat(idle()).isTrue();
    try (Socket socket = connect()) {
      post(socket, "Connection: close\r\n", streamRequest());
      FakeStream stream = relay.streams.take();
      for (int i = 0; i < 40_000; i++) {
        stream.text("x".repeat(1000));
      }
      stream.end(FinishReason.STOP, TokenUsage.NONE, null);
      await().until(() -> stream.pauses.get() > 0);
      assertThat(idle()).isFalse();

      assertThat(new String(socket.getInputStream().readAllBytes(), US_ASCII))
          .endsWith("data: [DONE]\n\n\r\n0\r\n\r\n");
      await().until(this::idle);
    }
  }

  @Test
  void isBusyUntilTheBodyIsReceived() throws Exception {
    try (Socket socket = connect()) {
      write(
          socket,
          "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n");
      await().until(() -> !idle());
    }
    await().until(this::idle);
  }
}
