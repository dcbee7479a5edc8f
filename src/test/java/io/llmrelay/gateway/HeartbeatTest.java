package io.llmrelay.gateway;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.GatewayKeyOptions;
import io.llmrelay.config.GatewayOptions;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Comments in streams that are silent. */
class HeartbeatTest extends GatewayFixture {
  private static final int BEAT_MS = 200;
  private static final String COMMENT = "\r\n: keep-alive\n\n\r\n";

  @Override
  GatewayOptions options() {
    return super.options().setHeartbeat(Duration.ofMillis(BEAT_MS));
  }

  private static void staysSilent(Socket socket) throws Exception {
    socket.setSoTimeout(4 * BEAT_MS);
    assertThatThrownBy(() -> socket.getInputStream().read())
        .isInstanceOf(SocketTimeoutException.class);
    socket.setSoTimeout(30_000);
  }

  @Test
  void aSilentStreamHasCommentsBetweenItsEvents() throws Exception {
    try (Socket socket = open(askStream())) {
      FakeStream stream = relay.streams.take();
      stream.text("Hello");
      readUntil(socket, "}]}\n\n");
      long begin = System.nanoTime();
      readUntil(socket, COMMENT);
      readUntil(socket, COMMENT);
      assertThat(System.nanoTime() - begin).isGreaterThan(BEAT_MS * 1_000_000L);
      stream.text("again").end(FinishReason.STOP, TokenUsage.NONE, null);
      assertThat(readUntil(socket, "\r\n0\r\n\r\n"))
          .contains("again")
          .endsWith("data: [DONE]\n\n\r\n0\r\n\r\n");
      staysSilent(socket);
    }
  }

  @Test
  void aStreamThatTalksHasNone() throws Exception {
    try (Socket socket = open(askStream())) {
      FakeStream stream = relay.streams.take();
      long timer = vertx.setPeriodic(BEAT_MS / 8, id -> stream.text("x"));
      Thread.sleep(5 * BEAT_MS);
      vertx.cancelTimer(timer);
      stream.end(FinishReason.STOP, TokenUsage.NONE, null);
      assertThat(readUntil(socket, "[DONE]")).contains("\"x\"").doesNotContain("keep-alive");
    }
  }

  @Test
  void beforeTheHeadThereIsNone() throws Exception {
    try (Socket socket = open(askStream())) {
      FakeStream stream = relay.streams.take();
      staysSilent(socket);
      stream.text("Hello").end(FinishReason.STOP, TokenUsage.NONE, null);
      assertThat(readUntil(socket, "[DONE]")).startsWith("HTTP/1.1 200 OK");
    }
  }

  @Test
  void aKeyAndTheGatewayCanDoWithout() throws Exception {
    String key = "a-key-of-more-than-20-characters";
    GatewayOptions keyed =
        options().addKey("old", new GatewayKeyOptions().setKey(key).setHeartbeat(false));
    GatewayOptions none = super.options().setHeartbeat(Duration.ZERO);
    for (GatewayOptions options : new GatewayOptions[] {keyed, none}) {
      gateway = deploy(new GatewayVerticle(options, relay));
      port = gateway.actualPort();
      try (Socket socket = connect()) {
        post(socket, "Authorization: Bearer " + key + "\r\n", askStream());
        FakeStream stream = relay.streams.take();
        stream.text("Hello");
        readUntil(socket, "}]}\n\n\r\n");
        staysSilent(socket);
        socket.shutdownOutput();
        assertThat(new String(socket.getInputStream().readAllBytes(), US_ASCII)).isEmpty();
      }
    }
  }
}
