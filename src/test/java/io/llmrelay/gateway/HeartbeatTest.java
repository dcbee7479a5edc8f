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

/** Comments as heartbeats of silent streams. */
class HeartbeatTest extends GatewayFixture {
  private static final int BEAT_MS = 200;
  private static final String COMMENT = "\r\n: keep-alive\n\n\r\n";

  @Override
  public GatewayOptions options() {
    return super.options().setHeartbeat(Duration.ofMillis(BEAT_MS));
  }

  private static void assertSilent(Socket socket) throws Exception {
    socket.setSoTimeout(4 * BEAT_MS);
    assertThatThrownBy(() -> socket.getInputStream().read())
        .isInstanceOf(SocketTimeoutException.class);
    socket.setSoTimeout(30_000);
  }

  @Test
  void silentStreamGetsComments() throws Exception {
    try (Socket socket = open(streamRequest())) {
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
      assertSilent(socket);
    }
  }

  /** A pause of the whole machine makes any stream a silent one. */
  @Test
  void activeStreamGetsNoComments() throws Exception {
    boolean comments = true;
    for (int i = 0; i < 20 && comments; i++) {
      comments = activeStream().contains("keep-alive");
    }
    assertThat(comments).isFalse();
  }

  /** Returns what a stream with a chunk in every heartbeat interval is sent. */
  private String activeStream() throws Exception {
    try (Socket socket = open(streamRequest())) {
      FakeStream stream = relay.streams.take();
      long timer = vertx.setPeriodic(BEAT_MS / 8, id -> stream.text("x"));
      Thread.sleep(5 * BEAT_MS);
      vertx.cancelTimer(timer);
      stream.end(FinishReason.STOP, TokenUsage.NONE, null);
      String sent = readUntil(socket, "[DONE]");
      assertThat(sent).contains("\"x\"");
      return sent;
    }
  }

  @Test
  void noCommentBeforeTheFirstChunk() throws Exception {
    try (Socket socket = open(streamRequest())) {
      FakeStream stream = relay.streams.take();
      assertSilent(socket);
      stream.text("Hello").end(FinishReason.STOP, TokenUsage.NONE, null);
      assertThat(readUntil(socket, "[DONE]")).startsWith("HTTP/1.1 200 OK");
    }
  }

  @Test
  void canBeDisabledPerKeyAndGateway() throws Exception {
    String key = "a-key-of-more-than-20-characters";
    GatewayOptions keyed =
        options().addKey("old", new GatewayKeyOptions().setKey(key).setHeartbeat(false));
    GatewayOptions none = super.options().setHeartbeat(Duration.ZERO);
    for (GatewayOptions options : new GatewayOptions[] {keyed, none}) {
      gateway = deploy(new GatewayVerticle(options, relay));
      port = gateway.actualPort();
      try (Socket socket = connect()) {
        post(socket, "Authorization: Bearer " + key + "\r\n", streamRequest());
        FakeStream stream = relay.streams.take();
        stream.text("Hello");
        readUntil(socket, "}]}\n\n\r\n");
        assertSilent(socket);
        socket.shutdownOutput();
        assertThat(new String(socket.getInputStream().readAllBytes(), US_ASCII)).isEmpty();
      }
    }
  }
}
